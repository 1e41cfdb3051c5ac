import { afterEach, expect, test } from 'vitest'
import { partsAtHand } from '../../sim/late-parts.ts'
import { vaultGroupOf } from '../../core/vault/log-entry.ts'
import { ownerKeysOf } from '../../core/words.ts'
import type { Network } from '../../ports/network.ts'
import { getLog, putLog } from '../../protocol/log/ask-log.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import { startDevice } from '../publishing/publishing.rig.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'

const MINUTE = 60_000
let world: World
let people: RiggedPeer[] = []

afterEach(() => people.forEach(({ peer }) => void peer.close()))

/** Starts two devices of one owner, of which the second was given the words of the first, among eight people. */
async function devices(): Promise<readonly [RiggedPeer, RiggedPeer]> {
  world = createWorld({ seed: 'two devices' })
  people = [...(await startHolders(world, 8))]
  const [first, second] = [
    await world.start('first', { offerBytes: 0, late: partsAtHand }),
    await world.start('second', { offerBytes: 0, late: partsAtHand }),
  ]
  people.push(first, second)
  await store(first, 'before')
  await world.until(() => first.peer.snapshot().list.people > 0 && !first.peer.snapshot().list.isBehind)
  await world.run(second.peer.restore(await world.run(first.peer.recoveryWords())))
  await world.until(() => second.peer.snapshot().restore?.is === 'done')
  return [first, second]
}

async function store({ peer, ...rest }: RiggedPeer, name: string): Promise<string> {
  const [id = ''] = await world.run(peer.storeFiles([dropped(name, bytesOf(name, 5_000))]))
  await world.until(() => row({ peer, ...rest }, id).canShare === true && row({ peer, ...rest }, id).status !== 'Storing')
  return id
}

const namesOn = ({ peer }: RiggedPeer): readonly string[] =>
  peer
    .snapshot()
    .files.map(({ name }) => name)
    .toSorted()

test('[VLT28] what one device stores, the other shows within a minute and reads; what it removes goes there too', async () => {
  const [first, second] = await devices()
  expect(namesOn(second)).toEqual(['before'])
  await store(first, 'from the first')
  await world.until(() => namesOn(second).length === 2, 2 * MINUTE)
  const id = await store(second, 'from the second')
  await world.until(() => first.peer.snapshot().files.some((file) => file.id === id && file.canDownload === true), 2 * MINUTE)
  expect(await readOn(first, id)).toEqual(bytesOf('from the second', 5_000))
  const keptBefore = kept()
  await world.run(first.peer.remove(idOf(first, 'from the first')))
  await world.until(() => namesOn(second).length === 2, 2 * MINUTE)
  expect(namesOn(first)).toEqual(['before', 'from the second'])
  await world.until(() => kept() < keptBefore, 5 * MINUTE)
}, 300_000)

test('[LOG6] while both are open, what one does is on the other within five seconds, and an edit of both at once is one state', async () => {
  const [first, second] = await devices()
  const foldersOn = ({ peer }: RiggedPeer) => peer.snapshot().folders.map(({ name }) => name)
  // The first edit tells each of them who the other one is.
  await world.run(second.peer.createFolder('meeting'))
  await world.until(() => foldersOn(first).length === 1, 2 * MINUTE)
  await world.advance(MINUTE)
  const at = world.clock.now()
  const album = await world.run(first.peer.createFolder('album'))
  await world.until(() => foldersOn(second).includes('album'), MINUTE)
  expect(world.clock.now() - at).toBeLessThan(5_000)
  await world.run(Promise.all([first.peer.rename(album, 'Alps'), second.peer.rename(idOf(second, 'before'), 'after')]))
  await world.until(() => foldersOn(second).includes('Alps') && namesOn(first).includes('after'), 5_000)
  await world.run(Promise.all([first.peer.rename(album, 'Andes'), second.peer.rename(album, 'Atlas')]))
  await world.advance(5_000)
  expect(foldersOn(first).toSorted()).toEqual(foldersOn(second).toSorted())
})

test('[LOG6] only the devices that the list names bring entries to a device that keeps no piece of it, whatever a stranger has of the log', async () => {
  const [first, second] = await devices()
  const { groupId } = vaultGroupOf(ownerKeysOf(await world.run(first.peer.recoveryWords())).lease)
  const { network } = (await startDevice(world, 'stranger')).asked.parts
  const asked = await world.run(
    Promise.all(people.slice(0, 8).map(({ peerId }) => getLog(network, world.clock, peerId, groupId, []).catch(() => []))),
  )
  const entries = asked.find((some) => some.length > 0) ?? []
  expect(entries.length).toBeGreaterThan(0)
  const put = (by: Network) => world.run(putLog(by, world.clock, second.peerId, groupId, entries).then(() => 'taken', refusalOf))
  expect(await put(network)).toBe('UNKNOWN')
}, 60_000)

test('[VLT33] files under other words, of which the sealed copy is here, go along into the list and are stored from it', async () => {
  const [first, second] = await devices()
  const other = await world.start('other', { offerBytes: 0, late: partsAtHand })
  people.push(other)
  const id = await store(other, 'its own')
  expect(row(other, id).hasLocalCopy).toBe(true)
  await world.run(other.peer.restore(await world.run(first.peer.recoveryWords())))
  await world.until(() => other.peer.snapshot().restore?.is === 'done')
  expect([namesOn(other), row(other, id).folder, row(other, id).hasLocalCopy]).toEqual([['before', 'its own'], 'From this device', true])
  await world.until(() => row(other, id).status === 'Fragile' && row(other, id).canShare === true, 5 * MINUTE)
  await world.until(() => row(second, id).canDownload === true && row(second, id).explanation?.is !== 'elsewhere', 5 * MINUTE)
  expect(await readOn(second, id)).toEqual(bytesOf('its own', 5_000))
})

test('[VLT28] words that nobody knows are looked for until the person ends it; an empty list comes only when it is asked for', async () => {
  const [first] = await devices()
  const fresh = await world.start('fresh', { offerBytes: 0, late: partsAtHand })
  people.push(fresh)
  const unknown = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'
  await world.run(fresh.peer.restore(unknown))
  const end = world.clock.now() + 5 * MINUTE
  await world.until(() => world.clock.now() > end, 6 * MINUTE)
  expect(fresh.peer.snapshot().restore).toMatchObject({ is: 'looking' })
  await world.run(fresh.peer.endRestore())
  await world.until(() => fresh.peer.snapshot().restore === undefined)
  expect(fresh.peer.snapshot().words.isMade).toBe(false)
  await world.run(fresh.peer.restore(unknown))
  await world.run(fresh.peer.restoreEmpty())
  await world.until(() => fresh.peer.snapshot().restore?.is === 'done')
  expect(await world.run(fresh.peer.recoveryWords())).toBe(unknown)
  expect(fresh.peer.snapshot().words).toEqual({ isMade: true, isConfirmed: true })
  expect(namesOn(first)).toEqual(['before'])
})

function idOf({ peer }: RiggedPeer, name: string): string {
  return peer.snapshot().files.find((file) => file.name === name)?.id ?? ''
}

function kept(): number {
  return people.reduce((sum, { peer }) => sum + peer.snapshot().give.usedBytes, 0)
}

function readOn({ peer }: RiggedPeer, id: string): Promise<Uint8Array> {
  return world.run(peer.openFile(id).then((file) => collect(file)))
}
