import { expect, test } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { DroppedFile } from '../index.ts'
import { partsAtHand } from '../../sim/late-parts.ts'
import { bytesOf, collect, createWorld, readByLink, row, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'

/** The trash of holders keeps deleted pieces for a second only, so that the bytes on disk tell. */
const forgetful = { ...defaultPolicy, trash: { ...defaultPolicy.trash, holderMs: 1000 } }
const SIZE = 5_000

/** A file as a system gives it, last modified at `at`. */
function fileOf(name: string, content: Uint8Array<ArrayBuffer>, at = 0): DroppedFile {
  return { name, path: '', blob: new File([content], name, { lastModified: at }) }
}

async function begin(policy = forgetful): Promise<{ readonly world: World; readonly holders: RiggedPeer[]; readonly owner: RiggedPeer }> {
  const world = createWorld({ policy })
  const holders = await startHolders(world, 8)
  return { world, holders, owner: await world.start('owner', { offerBytes: 0 }) }
}

async function put(world: World, owner: RiggedPeer, ...files: readonly DroppedFile[]): Promise<readonly string[]> {
  const ids = await world.run(owner.peer.storeFiles(files, { sameName: 'version' }))
  await world.until(() => ids.every((id) => row(owner, id).canShare === true && row(owner, id).status !== 'Storing'))
  return ids
}

const versionsOf = (world: World, { peer }: RiggedPeer, id: string) => world.run(peer.versions(id))

async function read(world: World, { peer }: RiggedPeer, id: string, version?: string): Promise<Uint8Array> {
  return world.run(peer.openFile(id, version).then((file) => collect(file)))
}

const [first, second, third] = ['first', 'second', 'third'].map((seed) => bytesOf(seed, SIZE)) as [
  Uint8Array<ArrayBuffer>,
  Uint8Array<ArrayBuffer>,
  Uint8Array<ArrayBuffer>,
]

test('[VLT30] a file of a name that is there becomes its newest version, an earlier one is current again by reference, and both are read', async () => {
  const { world, holders, owner } = await begin()
  const [id = ''] = await put(world, owner, fileOf('a.txt', first, 1))
  const link = await world.run(owner.peer.share(id))
  expect(await put(world, owner, fileOf('a.txt', second, 2))).toEqual([id])
  await world.until(() => row(owner, id).versions === 2)
  expect(owner.peer.snapshot().files.map(({ name }) => name)).toEqual(['a.txt'])
  const [now, before] = await versionsOf(world, owner, id)
  expect([now?.isCurrent, now?.modifiedAt, before?.isCurrent, before?.modifiedAt]).toEqual([true, 2, false, 1])
  expect(await read(world, owner, id)).toEqual(second)
  expect(await read(world, owner, id, before?.id)).toEqual(first)
  // The link opens what was shared.
  expect(row(owner, id).linkPath).toBe(link)
  expect(await readByLink(world, link)).toEqual(first)

  const pieces = (): number => holders.reduce((sum, { peer }) => sum + peer.snapshot().give.pieces, 0)
  const kept = pieces()
  await world.run(owner.peer.useVersion(id, before?.id ?? ''))
  expect(await read(world, owner, id)).toEqual(first)
  expect((await versionsOf(world, owner, id)).map(({ modifiedAt }) => modifiedAt)).toEqual([1, 2, 1])
  expect(pieces()).toBe(kept)
  await world.run(owner.peer.close())
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect(row(again, id)).toMatchObject({ name: 'a.txt', versions: 3 })
  expect(await read(world, again, id)).toEqual(first)
})

test('[VLT30] what is the same by name, size and time is no new version; by default both files are kept', async () => {
  const { world, owner } = await begin()
  const [id = ''] = await put(world, owner, fileOf('a.txt', first, 1))
  expect(await world.run(owner.peer.storeFiles([fileOf('a.txt', first, 1)], { sameName: 'version' }))).toEqual([id])
  expect(row(owner, id).versions).toBe(1)
  const [, other = ''] = await put(world, owner, fileOf('a.txt', second, 2), fileOf('a.txt', third, 3))
  await world.run(owner.peer.storeFiles([fileOf('a.txt', first, 1)]))
  await world.until(() => owner.peer.snapshot().files.length === 3)
  expect(row(owner, id).versions).toBe(2)
  expect(await read(world, owner, other)).toEqual(third)
})

test('[VLT24] [VLT30] a version that is removed frees what nothing else names, and the last one stays', async () => {
  const { world, holders, owner } = await begin()
  const [id = ''] = await put(world, owner, fileOf('a.txt', first, 1))
  const link = await world.run(owner.peer.share(id))
  await put(world, owner, fileOf('a.txt', second, 2))
  const [now, before] = await versionsOf(world, owner, id)
  // The link names the content of the earlier version still: two contents and the link.
  await world.run(owner.peer.removeVersion(id, before?.id ?? ''))
  await expect(world.run(owner.peer.removeVersion(id, now?.id ?? ''))).rejects.toMatchObject({ code: 'format-invalid' })
  await world.advance(60_000)
  expect(new Set(holders.map(({ peer }) => peer.snapshot().give.pieces))).toEqual(new Set([3]))
  expect(await readByLink(world, link)).toEqual(first)
  await world.run(owner.peer.stopSharing(id))
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 1))
  expect(await read(world, owner, id)).toEqual(second)
  await expect(world.run(owner.peer.openFile(id, before?.id ?? ''))).rejects.toMatchObject({ code: 'not-found' })
})

test('[VLT30] cancelling the store of a new version leaves the versions before it', async () => {
  const { world, owner, holders } = await begin()
  const [id = ''] = await put(world, owner, fileOf('a.txt', first, 1))
  for (const holder of holders) world.kill(holder)
  await world.run(owner.peer.storeFiles([fileOf('a.txt', second, 2), fileOf('b.txt', second, 2)], { sameName: 'version' }))
  await world.until(() => row(owner, id).versions === 2)
  await world.run(owner.peer.cancel(id))
  await world.until(() => owner.peer.snapshot().files.length === 1)
  expect(row(owner, id).versions).toBe(1)
  expect(await read(world, owner, id)).toEqual(first)
})

test('[VLT15] [VLT30] a version of one device shows on the other; of two made apart both are kept, the newest is current', async () => {
  const world = createWorld({ seed: 'versions on two devices' })
  await startHolders(world, 8)
  const one = await world.start('one', { offerBytes: 0, late: partsAtHand })
  const other = await world.start('other', { offerBytes: 0, late: partsAtHand })
  const [id = ''] = await put(world, one, fileOf('a.txt', first, 1))
  await world.until(() => one.peer.snapshot().list.people > 0 && !one.peer.snapshot().list.isBehind)
  await world.run(other.peer.restore(await world.run(one.peer.recoveryWords())))
  await world.until(() => other.peer.snapshot().restore?.is === 'done')
  await put(world, one, fileOf('a.txt', second, 2))
  await world.until(() => row(other, id).versions === 2 && row(other, id).canDownload === true)
  expect(await read(world, other, id)).toEqual(second)
  // Neither has heard of what the other does now.
  const [, before] = await versionsOf(world, one, id)
  await world.run(one.peer.useVersion(id, before?.id ?? ''))
  await world.advance(500)
  await put(world, other, fileOf('a.txt', third, 3))
  await world.until(() => [one, other].every((each) => row(each, id).versions === 4))
  for (const each of [one, other]) {
    await world.until(() => row(each, id).canDownload === true)
    expect((await versionsOf(world, each, id)).map(({ modifiedAt }) => modifiedAt)).toEqual([3, 1, 2, 1])
    expect(await read(world, each, id)).toEqual(third)
  }
})

test('[PCK6] after any order of drops, versions, trash, links and removals every version reads back byte for byte', async () => {
  const names = Array.from({ length: 8 }, (_none, at) => `file ${at}`)
  for (const seed of ['a', 'b', 'c']) {
    const chance = createSeededRandom(`versions ${seed}`)
    const draw = (below: number): number => (chance.bytes(1)[0] ?? 0) % below
    const { world, holders, owner } = await begin()
    /** Contents by file and version. */
    const model = new Map<string, Map<string, Uint8Array>>()
    let counter = 0
    const some = () => [...model.keys()][draw(model.size)] ?? ''
    const note = async (id: string, content: Uint8Array): Promise<void> => {
      const [now] = await versionsOf(world, owner, id)
      model.set(id, (model.get(id) ?? new Map<string, Uint8Array>()).set(now?.id ?? '', content))
    }
    const drop = async (): Promise<void> => {
      const files = names
        .filter(() => draw(2) === 0)
        .map((name) => fileOf(name, bytesOf(`${seed} ${++counter}`, 1 + draw(200) * 50), counter))
      const contents = await Promise.all(files.map(async ({ blob }) => new Uint8Array(await blob.arrayBuffer())))
      const ids = await put(world, owner, ...files)
      for (const [at, id] of ids.entries()) await note(id, contents[at] ?? new Uint8Array())
    }
    const acts: readonly (() => Promise<void>)[] = [
      drop,
      drop,
      async () => {
        const id = some()
        const versions = await versionsOf(world, owner, id)
        const { id: version = '' } = versions[draw(versions.length)] ?? {}
        const content = model.get(id)?.get(version) ?? new Uint8Array()
        await world.run(owner.peer.useVersion(id, version))
        await note(id, content)
      },
      async () => {
        const id = some()
        const versions = await versionsOf(world, owner, id)
        if (versions.length < 2) return
        const { id: version = '' } = versions[draw(versions.length)] ?? {}
        await world.run(owner.peer.removeVersion(id, version))
        model.get(id)?.delete(version)
      },
      async () => {
        const id = some()
        await world.run(owner.peer.remove(id))
        model.delete(id)
      },
      async () => {
        const id = some()
        await world.run(owner.peer.discard([id]))
        await world.advance(90_000)
        await world.run(owner.peer.putBack([id]))
      },
      async () => {
        const id = some()
        await world.run(owner.peer.share(id))
        if (draw(2) === 0) await world.run(owner.peer.stopSharing(id))
      },
    ]
    await drop()
    for (let step = 0; step < 14; step++) await (model.size === 0 ? drop() : acts[draw(acts.length)]?.())
    // Packs of which little is left are rewritten within a minute.
    await world.advance(120_000)
    const differ: string[] = []
    for (const [id, versions] of model) {
      const listed = (await versionsOf(world, owner, id)).map((version) => version.id)
      if (listed.length !== versions.size) differ.push(`${id} has other versions`)
      for (const [version, content] of versions)
        if (!equalBytes(await read(world, owner, id, version), content)) differ.push(`${seed} ${id} ${version}`)
    }
    expect(differ).toEqual([])
    for (const id of model.keys()) await world.run(owner.peer.remove(id))
    await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 0))
  }
})

test('[PCK3] [PCK6] a pack in which mostly earlier versions are left is rewritten with all of them, also of a file in the trash', async () => {
  const { world, holders, owner } = await begin()
  const content = (at: number, round: string) => bytesOf(`${round} ${at}`, 100_000 + at)
  const drop = (count: number, round: string, at: number) =>
    Array.from({ length: count }, (_none, number) => fileOf(`file ${number}`, content(number, round), at))
  const ids = await put(world, owner, ...drop(10, 'old', 1))
  await put(world, owner, ...drop(3, 'new', 2))
  await world.run(owner.peer.useVersion(ids[1] ?? '', (await versionsOf(world, owner, ids[1] ?? ''))[1]?.id ?? ''))
  await world.run(owner.peer.discard([ids[3] ?? '']))
  const used = (): number => holders.reduce((sum, { peer }) => sum + peer.snapshot().give.usedBytes, 0)
  const before = used()
  for (const id of ids.slice(4)) await world.run(owner.peer.remove(id))
  await world.until(() => used() < 0.8 * before && holders.every(({ peer }) => peer.snapshot().give.pieces === 2))
  await world.run(owner.peer.putBack([ids[3] ?? '']))
  const found: Record<string, readonly boolean[]> = {}
  for (const [at, id] of ids.slice(0, 4).entries()) {
    const rounds = [['new', 'old'], ['old', 'new', 'old'], ['new', 'old'], ['old']][at] ?? []
    const contents: Uint8Array[] = []
    for (const version of await versionsOf(world, owner, id)) contents.push(await read(world, owner, id, version.id))
    found[at] = contents.map((bytes, index) => equalBytes(bytes, content(at, rounds[index] ?? '')))
  }
  expect(found).toEqual({ 0: [true, true], 1: [true, true, true], 2: [true, true], 3: [true] })
})
