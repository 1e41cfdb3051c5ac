import { expect, test } from 'vitest'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer } from '../../sim/world.ts'

const PEOPLE = 4
/** So many that a drop of them is a layer of the vault, not entries of its log. */
const MANY = 400
/** The trash keeps deleted pieces for a second only. */
const policy = { ...defaultPolicy, trash: { holderMs: 1000, ownerMs: 1000 } }

test('[DSK4] [VLT26] where the vault is damaged no content is ended that what is missing may name', async () => {
  const world = createWorld({ policy })
  const holders = await startHolders(world, PEOPLE)
  const owner = await world.start('owner', { offerBytes: 0 })
  const drop = ['one', 'two'].map((name) => dropped(name, bytesOf(name, 3_000)))
  const ids = await world.run(owner.peer.storeFiles(drop))
  await world.until(() => ids.every((id) => row(owner, id).canShare === true && row(owner, id).meter?.value === PEOPLE))
  const before = await logRows(owner)
  // The shared file is copied out of its pack.
  await world.run(owner.peer.share(ids[0] ?? ''))
  await world.until(() => row(owner, ids[0] ?? '').meter?.value === PEOPLE)
  const pieces = () => holders.map(({ peer }) => peer.snapshot().give.pieces)
  const kept = pieces()
  await world.run(owner.peer.close())
  // Left are the key of the copy and its layout; the rows by which the file and its link name it are not.
  await spoilRows(owner, before + 2)

  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await world.until(() => again.peer.snapshot().connection.people === PEOPLE)
  await world.advance(60_000)
  expect(pieces()).toEqual(kept)
  // What a person deletes is gone from the list, and nothing else goes with it.
  for (const id of ids) await world.run(again.peer.remove(id))
  await world.until(() => again.peer.snapshot().files.length === 0)
  await world.advance(60_000)
  expect(pieces()).toEqual(kept)
})

test('[DSK4] [VLT26] without a layer of the vault no spool goes, and with the layer all files are there again', async () => {
  const world = createWorld({ policy })
  const owner = await world.start('owner', { offerBytes: 0 })
  const contentOf = (at: number) => bytesOf(`small ${at}`, 100 + at)
  const drop = Array.from({ length: MANY }, (_, at) => ({ ...dropped(`small ${at}`, contentOf(at)), path: `folder ${at % 3}` }))
  const ids = await world.run(owner.peer.storeFiles(drop))
  await world.until(() => ids.every((id) => row(owner, id).canDownload === true))
  await world.run(owner.peer.close())
  const { spools, layers } = await takeLayers(owner)
  expect(layers).toHaveLength(1)

  const without = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect(without.peer.snapshot()).toMatchObject({ files: [], isListDamaged: true })
  const [late = ''] = await world.run(without.peer.storeFiles([dropped('late', bytesOf('late', 2_000))]))
  await world.until(() => row(without, late).canDownload === true)
  await world.run(without.peer.close())
  const { outbox } = await openMemoryStorage({ files: owner.files, random: createSeededRandom('put back') })
  const left = (await outbox.list()).map(({ name }) => name)
  expect(spools.filter((name) => !left.includes(name))).toEqual([])

  for (const { name, bytes } of layers) await outbox.write(name, 0, bytes)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect(again.peer.snapshot().files).toHaveLength(MANY + 1)
  expect(again.peer.snapshot().isListDamaged).toBeUndefined()
  expect(new Set(again.peer.snapshot().files.map(({ folder }) => folder))).toEqual(new Set(['', 'folder 0', 'folder 1', 'folder 2']))
  const read = await world.run(again.peer.openFile(ids[7] ?? '').then((file) => collect(file)))
  expect(equalBytes(read, contentOf(7))).toBe(true)
})

/** Takes the layers of the vault away. Returns them, and the names of the spools that are left. */
async function takeLayers({ files }: RiggedPeer) {
  const { outbox } = await openMemoryStorage({ files, random: createSeededRandom('take') })
  const isLayer = (name: string): boolean => name.endsWith('.layer')
  const all = await outbox.list()
  const layers: { readonly name: string; readonly bytes: Bytes }[] = []
  for (const { name, length } of all.filter((each) => isLayer(each.name))) {
    layers.push({ name, bytes: await outbox.read(name, 0, length) })
    await outbox.remove(name)
  }
  return { layers, spools: all.map(({ name }) => name).filter((name) => !isLayer(name)) }
}

async function logRows({ files }: RiggedPeer): Promise<number> {
  const { catalog } = await openMemoryStorage({ files, random: createSeededRandom('look') })
  return (await catalog.all('vault-log')).length
}

/** Changes a bit of every entry of the log from number `from` on. */
async function spoilRows({ files }: RiggedPeer, from: number): Promise<void> {
  const { catalog } = await openMemoryStorage({ files, random: createSeededRandom('spoil') })
  const rows = (await catalog.all('vault-log')).toSorted((a, b) => (a.key < b.key ? -1 : 1)).slice(from)
  expect(rows.length).toBeGreaterThan(1)
  await catalog.commit(
    rows.map(({ key, value }) => ({ table: 'vault-log', key, value: Uint8Array.from(value, (byte, at) => (at === 90 ? byte ^ 1 : byte)) })),
  )
}
