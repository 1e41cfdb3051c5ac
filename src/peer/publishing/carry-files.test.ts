import { afterEach, expect, test } from 'vitest'
import { parsePolicy } from '../../core/policy.ts'
import { partsAtHand } from '../../sim/late-parts.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'

let world: World
const people: RiggedPeer[] = []
/** Set while no write of a device comes to an end. */
let isDiskGone = false

afterEach(() => people.splice(0).forEach(({ peer }) => void peer.close()))

const MINUTE = 60_000
/** Wide enough that the sealed copy of a stored file goes. Nobody repairs anything. */
const policy = parsePolicy({
  code: [{ holders: 3, k: 3, n: 15 }],
  segment: { bytes: 3 * 262_144 },
  presence: { lostAfterMs: 9_000_000_000 },
  guardian: { enabled: false },
})
const large = bytesOf('large', 2_000_000)

/** Starts sixteen people and two owners with files of their own, each under words of its own. */
async function owners(seed: string) {
  world = createWorld({ seed, policy })
  const holders = await startHolders(world, 16)
  const start = async (name: string, files?: RiggedPeer['files']): Promise<RiggedPeer> => {
    const catalog = (given: Catalog): Catalog => ({
      ...given,
      commit: (changes) => (isDiskGone && name === 'other' ? new Promise(() => undefined) : given.commit(changes)),
    })
    const rigged = await world.start(name, { offerBytes: 0, late: partsAtHand, catalog, ...(files !== undefined && { files }) })
    people.push(rigged)
    return rigged
  }
  const [one, other] = [await start('one'), await start('other')]
  people.push(...holders)
  await store(one, 'from the list', bytesOf('listed', 5_000))
  await untilPublished(one)
  const id = await store(other, 'large', large)
  return { holders, start, one, other, id, words: await world.run(one.peer.recoveryWords()) }
}

async function store(rigged: RiggedPeer, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const [id = ''] = await world.run(rigged.peer.storeFiles([dropped(name, bytes)]))
  await untilStored(rigged, id)
  return id
}

const untilStored = (rigged: RiggedPeer, id: string): Promise<void> =>
  world.until(() => row(rigged, id).canShare === true && row(rigged, id).status !== 'Storing', 10 * MINUTE)
const untilPublished = ({ peer }: RiggedPeer): Promise<void> =>
  world.until(() => peer.snapshot().list.people > 0 && !peer.snapshot().list.isBehind)

async function restore({ peer }: RiggedPeer, words: string): Promise<void> {
  await begin(peer, words)
  await world.until(() => peer.snapshot().restore?.is === 'done')
}

/** Begins to restore, after an earlier end is out of sight. */
async function begin(peer: RiggedPeer['peer'], words: string): Promise<void> {
  await world.run(peer.endRestore())
  await world.until(() => peer.snapshot().restore === undefined)
  await world.run(peer.restore(words))
  await world.until(() => peer.snapshot().restore !== undefined)
}

const namesOn = ({ peer }: RiggedPeer) =>
  peer
    .snapshot()
    .files.map(({ name, folder }) => `${folder}/${name}`)
    .toSorted()
const sentBy = ({ peer }: RiggedPeer): number => peer.snapshot().totals.sentBytes
const notReady = { is: 'failed', trouble: { code: 'words-invalid', facts: { reason: 'files-not-ready' } } }
const readOn = ({ peer }: RiggedPeer, id: string): Promise<Uint8Array> => world.run(peer.openFile(id).then((file) => collect(file)))

test('[VLT33, KEE2] files under other words go along into the list by reference: people keep them for both, and are sent next to nothing', async () => {
  const { other, one, id, start, words } = await owners('by reference')
  const oldWords = await world.run(other.peer.recoveryWords())
  await untilPublished(other)
  const [{ addedAt }, before] = [row(other, id), sentBy(other)]
  await restore(other, words)
  expect(namesOn(other)).toEqual(['/from the list', 'From this device/large'])
  // It can be read before anybody keeps it for these words.
  expect(row(other, id)).toMatchObject({ status: 'Storing', canDownload: true, addedAt })
  expect(await readOn(other, id)).toEqual(large)
  await untilStored(other, id)
  expect(row(other, id)).toMatchObject({ status: 'Protected', meter: { value: 15 } })
  expect(await readOn(other, id)).toEqual(large)
  // The list, a manifest of three segments and papers: stored anew it would be ten times as much as the file.
  expect(sentBy(other) - before).toBeLessThan(large.length / 4)
  await untilPublished(other)
  await world.until(() => row(one, id).canDownload === true, 5 * MINUTE)
  expect(await readOn(one, id)).toEqual(large)

  // The old words open the old list still. There it is not known yet who keeps the file, and then it is.
  const third = await start('third')
  await restore(third, oldWords)
  await begin(third.peer, words)
  await world.until(() => third.peer.snapshot().restore?.is !== 'looking')
  expect(third.peer.snapshot().restore).toEqual(notReady)
  expect([namesOn(third), await world.run(third.peer.recoveryWords())]).toEqual([['/large'], oldWords])
  expect(await readOn(third, id)).toEqual(large)
  await world.until(() => row(third, id).meter?.value === 15, 10 * MINUTE)
  await restore(third, words)
  expect(namesOn(third)).toEqual(['/from the list', 'From this device/large', 'From this device/large'])
  const copy = third.peer.snapshot().files.find((file) => file.name === 'large' && file.id !== id)?.id ?? ''
  await untilStored(third, copy)
  await world.run(third.peer.remove(id))
  expect(await readOn(third, copy)).toEqual(large)
})

test('[VLT33] what too few of its people keep is fetched from them and placed anew, also over a crash', async () => {
  const { holders, other, id, start, words } = await owners('placed anew')
  for (const holder of holders.slice(0, 8)) world.kill(holder)
  people.push(...(await startHolders(world, 8, undefined, 'newcomer')))
  await world.advance(2 * MINUTE)
  const before = sentBy(other)
  await restore(other, words)
  await world.until(() => (row(other, id).meter?.value ?? 0) > 0, 10 * MINUTE)
  expect(row(other, id).status).toBe('Storing')
  const sentBefore = sentBy(other)
  world.kill(other)
  const again = await start('other', other.files)
  expect(await readOn(again, id)).toEqual(large)
  await untilStored(again, id)
  expect(sentBefore - before + sentBy(again)).toBeGreaterThan(large.length)
  for (const holder of holders.slice(8, 12)) world.kill(holder)
  expect(await readOn(again, id)).toEqual(large)
  // Whoever takes over from another owner forgets that one's groups.
  await world.advance(10 * MINUTE)
  expect(await readOn(again, id)).toEqual(large)
})

test('[VLT33] folders, packs, earlier versions and the trash go along as they are', async () => {
  const { other, words } = await owners('all kinds')
  const small = ['a', 'b', 'c'].map((name) => ({ ...dropped(name, bytesOf(name, 900)), path: 'letters/old' }))
  const ids = await world.run(other.peer.storeFiles(small))
  for (const id of ids) await untilStored(other, id)
  const [a = '', b = '', c = ''] = ids
  await world.run(other.peer.storeFiles([{ ...dropped('a', bytesOf('newer', 1_000)), path: 'letters/old' }], { sameName: 'version' }))
  await untilStored(other, a)
  await world.run(other.peer.discard([b]))
  const versions = await world.run(other.peer.versions(a))
  await restore(other, words)
  expect(namesOn(other)).toEqual([
    '/from the list',
    'From this device/large',
    'From this device/letters/old/a',
    'From this device/letters/old/c',
  ])
  for (const id of [a, c]) await untilStored(other, id)
  expect(await readOn(other, a)).toEqual(bytesOf('newer', 1_000))
  expect(await readOn(other, c)).toEqual(bytesOf('c', 900))
  expect((await world.run(other.peer.versions(a))).map(({ size }) => size)).toEqual(versions.map(({ size }) => size))
  expect(await world.run(other.peer.openFile(a, versions.at(-1)?.id).then((file) => collect(file)))).toEqual(bytesOf('a', 900))
  expect(other.peer.snapshot().trash.map(({ name, folder }) => [name, folder])).toEqual([['b', 'From this device/letters/old']])
  await world.run(other.peer.putBack([b]))
  expect(await readOn(other, b)).toEqual(bytesOf('b', 900))
})

test('[VLT33] a device that ends while it changes its words has either list whole; its own words change nothing', async () => {
  const { other, id, start, words } = await owners('crash')
  const own = await world.run(other.peer.recoveryWords())
  await restore(other, own)
  expect([namesOn(other), await world.run(other.peer.recoveryWords())]).toEqual([['/large'], own])
  await world.run(other.peer.endRestore())
  isDiskGone = true
  await begin(other.peer, words)
  await world.until(() => other.peer.snapshot().restore?.is === 'found')
  await world.advance(MINUTE)
  world.kill(other)
  isDiskGone = false
  const again = await start('other', other.files)
  expect([namesOn(again), await world.run(again.peer.recoveryWords())]).toEqual([['/large'], own])
  await restore(again, words)
  world.kill(again)
  const last = await start('other', other.files)
  expect(namesOn(last)).toEqual(['/from the list', 'From this device/large'])
  await untilStored(last, id)
  expect(await readOn(last, id)).toEqual(large)
})

test('[VLT33] what is removed before it is taken over is ended with whoever keeps it for these words', async () => {
  const { holders, other, id, words } = await owners('removed')
  const pieces = async () =>
    (await world.run(Promise.all(holders.map(({ peer }) => peer.kept())))).flat().filter(({ bytes }) => bytes > 50_000)
  const before = (await pieces()).length
  await restore(other, words)
  await world.until(() => (row(other, id).meter?.value ?? 0) > 0, 5 * MINUTE)
  await world.run(other.peer.remove(id))
  await world.advance(5 * MINUTE)
  expect(namesOn(other)).toEqual(['/from the list'])
  expect((await pieces()).length).toBe(before)
})
