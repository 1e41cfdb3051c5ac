import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { openAsBlob } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { FileView } from '../index.ts'
import { getToKnow, quicklyKnown } from '../../sim/acquaintance.rig.ts'
import {
  bytesOf,
  collect,
  createWorld,
  dropped,
  keptBytes,
  type RiggedPeer,
  row,
  startHolders,
  type World,
  fragmentOf,
} from '../../sim/world.ts'

const SIZE = 20_000
const COUNT = 40
/** The trash keeps deleted pieces for a second only, so that the bytes on disk tell. */
const forgetful = { ...defaultPolicy, trash: { holderMs: 1000, ownerMs: 1000 } }

test('[PCK1] small files of a drop are stored as one, and each is read by itself, also after a restart', async () => {
  const { world, holders, owner, ids } = await storedTogether()
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 1))
  expect(row(owner, ids[3] ?? '')).toMatchObject({ name: 'small 3', size: 20_003, pack: { files: COUNT } })
  await expectAllReadable(world, owner, ids)
  await world.run(owner.peer.close())
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect(again.peer.snapshot().files.length).toBe(COUNT)
  await world.until(() => row(again, ids[0] ?? '').status === 'Fragile')
  await expectAllReadable(world, again, ids)
  // Any range can be read by itself.
  const file = await world.run(again.peer.openFile(ids[5] ?? ''))
  const read: Uint8Array[] = []
  await world.run(
    (async () => {
      for await (const piece of file.read({ start: 100, end: 150 })) read.push(piece.slice())
    })(),
  )
  expect(equalBytes(read[0] ?? new Uint8Array(), contentOf(5).subarray(100, 150))).toBe(true)
})

test('[PCK1] large files of a drop, and a small one that is alone, lie by themselves', async () => {
  const world = createWorld()
  const holders = await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const large = bytesOf('large', 1_048_576)
  const ids = await world.run(owner.peer.storeFiles([dropped('large', large), dropped('alone', bytesOf('alone', SIZE))]))
  await world.until(() => ids.every((id) => row(owner, id).canShare === true && row(owner, id).meter?.value === 4))
  expect(ids.map((id) => row(owner, id).pack)).toEqual([undefined, undefined])
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 2))
})

test('[PCK5] a file that is shared is copied out: its link opens it and nothing else, and it can be deleted by itself', async () => {
  const { world, holders, owner, ids } = await storedTogether()
  const before = await keptBytes(world, holders)
  const shared = ids[7] ?? ''
  const link = await world.run(owner.peer.share(shared))
  await world.until(() => row(owner, shared).pack === undefined)
  expect(row(owner, ids[8] ?? '').pack?.files).toBe(COUNT - 1)
  // The copy takes no more than one file alone and a link.
  expect(await keptBytes(world, holders)).toBeLessThan(before + 8 * 20_000)
  await expectAllReadable(world, owner, ids)

  const reader = await world.start('reader', { offerBytes: 0 })
  const opened = await world.run(reader.peer.openLink(fragmentOf(link)).file())
  expect([opened.name, opened.size]).toEqual(['small 7', 20_007])
  expect(equalBytes(await world.run(collect(opened)), contentOf(7))).toBe(true)
  // Sharing again gives the same link, also after a restart.
  await world.run(owner.peer.close())
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await world.until(() => row(again, shared).linkPath === link)
  expect(await world.run(again.peer.share(shared))).toBe(link)
  await world.run(again.peer.remove(shared))
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 1))
})

test('[PCK3] when most of a pack is deleted the rest is written anew, and holders keep less; with the last file all of it goes', async () => {
  const { world, holders, owner, ids } = await storedTogether()
  const before = usedBy(holders)
  for (const id of ids.slice(0, 30)) await world.run(owner.peer.remove(id))
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 1) && usedBy(holders) < before / 2)
  expect(owner.peer.snapshot().files.length).toBe(COUNT - 30)
  await expectAllReadable(world, owner, ids.slice(30), 30)
  await world.run(owner.peer.close())
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await expectAllReadable(world, again, ids.slice(30), 30)
  for (const id of ids.slice(30)) await world.run(again.peer.remove(id))
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 0))
})

test('[PCK5] an owner killed while a pack is written anew loses nothing, and nothing stays behind at the holders', async () => {
  let onWrite = (): void => undefined
  const { world, holders, owner, ids } = await storedTogether(() => onWrite())
  const before = usedBy(holders)
  const isKilled = new Promise<void>((resolve) => {
    let writes = 0
    onWrite = () => {
      if (++writes !== 12) return
      world.kill(owner)
      resolve()
    }
  })
  void (async () => {
    for (const id of ids.slice(0, 21)) await owner.peer.remove(id)
  })()
  await world.run(isKilled)
  onWrite = () => undefined
  await world.until(() => usedBy(holders) > before)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await expectAllReadable(world, again, ids.slice(21), 21)
  await world.until(() => usedBy(holders) < before / 2 && holders.every(({ peer }) => peer.snapshot().give.pieces === 1))
  await expectAllReadable(world, again, ids.slice(21), 21)
})

test('a pack whose sealing was cut short is begun anew with what is dropped again, and the rest still asks for it', async () => {
  const world = createWorld()
  const owner = await world.start('owner', {
    offerBytes: 0,
    outbox: (outbox) => ({ ...outbox, write: () => new Promise(() => undefined) }),
  })
  const files = drop()
  const ids = await world.run(owner.peer.storeFiles(files))
  world.kill(owner)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await world.until(() => ids.every((id) => row(again, id).explanation?.is === 'drop-again'))
  const fresh = await world.run(again.peer.storeFiles(files.slice(0, 30)))
  await world.until(() => fresh.every((id) => row(again, id).canDownload === true))
  expect(again.peer.snapshot().files.length).toBe(COUNT)
  await expectAllReadable(world, again, fresh)
  expect(ids.slice(30).map((id) => row(again, id).explanation?.is)).toEqual(Array.from({ length: 10 }, () => 'drop-again'))
  const last = await world.run(again.peer.storeFiles(files.slice(30)))
  await world.until(() => last.every((id) => row(again, id).canDownload === true))
  await expectAllReadable(world, again, last, 30)
})

test('a file that cannot be read holds up no other: the rest of its pack is stored, and it asks to be dropped again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packs-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'changed')
  await writeFile(path, contentOf(4))
  const spoilt = { name: 'small 4', path: '', blob: await openAsBlob(path) }
  await writeFile(path, 'something else')
  const world = createWorld()
  await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const ids = await world.run(owner.peer.storeFiles(drop().with(4, spoilt)))
  const others = ids.filter((_id, at) => at !== 4)
  await world.until(() => others.every((id) => row(owner, id).canShare === true))
  expect(row(owner, ids[4] ?? '')).toMatchObject({
    explanation: { is: 'trouble', trouble: { code: 'file-unreadable' } },
    canDownload: false,
  })
  expect(equalBytes(await read(world, owner, ids[5] ?? ''), contentOf(5))).toBe(true)
  const [mended = ''] = await world.run(owner.peer.storeFiles(drop().slice(4, 5)))
  await world.until(() => row(owner, mended).canShare === true)
  expect(owner.peer.snapshot().files.length).toBe(COUNT)
  expect(equalBytes(await read(world, owner, mended), contentOf(4))).toBe(true)
})

test('pausing and cancelling one small file does it to all that are stored with it', async () => {
  const world = createWorld()
  const owner = await world.start('owner', { offerBytes: 0 })
  const ids = await world.run(owner.peer.storeFiles(drop()))
  const all = (isSo: (file: Partial<FileView>) => boolean) => ids.every((id) => isSo(row(owner, id)))
  await world.run(owner.peer.pause(ids[3] ?? ''))
  await world.until(() => all(({ isPaused }) => isPaused === true))
  await world.run(owner.peer.resume(ids[9] ?? ''))
  await world.until(() => all(({ isPaused, canDownload }) => isPaused === false && canDownload === true))
  await world.run(owner.peer.cancel(ids[0] ?? ''))
  await world.until(() => owner.peer.snapshot().files.length === 0)
  await world.run(owner.peer.close())
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect(again.peer.snapshot().files).toEqual([])
  expect([...owner.files.paths()].filter((path) => path.startsWith('outbox/'))).toEqual([])
})

test('a pack that cannot be read now holds up no other from being written anew', async () => {
  const policy = quicklyKnown(forgetful)
  const { world, holders, owner, ids } = await storedTogether(undefined, policy)
  await getToKnow(world, policy)
  await world.run(owner.peer.freeCopy(ids[0] ?? ''))
  for (const holder of holders) world.kill(holder)
  await startHolders(world, 8, undefined, 'other')
  const more = await world.run(owner.peer.storeFiles(drop().map((file) => ({ ...file, path: 'more' }))))
  await world.until(() => more.every((id) => row(owner, id).status === 'Fragile' && row(owner, id).meter?.value === 8))
  // Little is left of both packs, and nobody who keeps a piece of the first is here.
  for (const id of [...ids.slice(0, 30), ...more.slice(0, 30)]) await world.run(owner.peer.remove(id))
  const sizeOf = (id: string | undefined) => row(owner, id ?? '').pack?.bytes ?? 0
  await world.until(() => sizeOf(more[39]) < 20 * SIZE, 3_600_000)
  expect(sizeOf(ids[39])).toBeGreaterThan(COUNT * SIZE)
  await expectAllReadable(world, owner, more.slice(30), 30)
})

test('a copy that nobody takes is given up, and the file stays where it was', async () => {
  const { world, holders, owner, ids } = await storedTogether()
  for (const holder of holders) world.kill(holder)
  await world.until(() => owner.peer.snapshot().connection.people === 0)
  await expect(world.run(owner.peer.share(ids[0] ?? ''))).rejects.toMatchObject({ code: 'too-few-shards' })
  expect(row(owner, ids[0] ?? '').pack?.files).toBe(COUNT)
})

/** Small files that people keep. */
async function storedTogether(onWrite: () => void = () => undefined, policy = forgetful) {
  const world = createWorld({ policy })
  const holders = await startHolders(world, 8, () => (store) => ({
    ...store,
    write(facts, offset, bytes, at) {
      onWrite()
      return store.write(facts, offset, bytes, at)
    },
  }))
  const owner = await world.start('owner', { offerBytes: 0 })
  const ids = await world.run(owner.peer.storeFiles(drop()))
  await world.until(() => ids.every((id) => row(owner, id).status === 'Fragile' && row(owner, id).meter?.value === 8))
  return { world, holders, owner, ids }
}

function contentOf(at: number): Uint8Array<ArrayBuffer> {
  return bytesOf(`small ${at}`, SIZE + at)
}

function drop() {
  return Array.from({ length: COUNT }, (_nothing, at) => dropped(`small ${at}`, contentOf(at)))
}

async function read(world: World, owner: RiggedPeer, id: string): Promise<Uint8Array> {
  return world.run(owner.peer.openFile(id).then((file) => collect(file)))
}

async function expectAllReadable(world: World, owner: RiggedPeer, ids: readonly string[], from = 0): Promise<void> {
  const differ: string[] = []
  for (const [at, id] of ids.entries()) {
    if (!equalBytes(await read(world, owner, id), contentOf(from + at))) differ.push(id)
  }
  expect(differ).toEqual([])
}

function usedBy(holders: readonly RiggedPeer[]): number {
  return holders.reduce((sum, { peer }) => sum + peer.snapshot().give.usedBytes, 0)
}
