import { expect, test } from 'vitest'
import { createLyingShardStore } from '../../adapters/memory/lying-shard-store.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import type { Bytes } from '../../core/bytes.ts'
import { claimMessage, encodeClaim } from '../../core/claim.ts'
import type { PeerId, SegmentId } from '../../core/ids.ts'
import { encodeLogEntry, readLogEntry, vaultGroupOf } from '../../core/vault/log-entry.ts'
import { makeWords, ownerKeysOf } from '../../core/words.ts'
import { handleGroup } from '../../protocol/group.ts'
import { handleHello, type Hello } from '../../protocol/hello.ts'
import { refused } from '../../protocol/refusal.ts'
import { handleShard } from '../../protocol/shard.ts'
import { createWorld, startHolders, type World } from '../../sim/world.ts'
import { quickPolicy } from '../repairing/guardians.rig.ts'
import { stateOf } from '../vault/shared-vault.rig.ts'
import { findVault, type SearchNews } from './find-vault.ts'
import { folders, keys, policy, renamed, SECOND, startDevice, takeFound, whole } from './publishing.rig.ts'

const RELAY = '/memory/relay'
/** Guardians who notice within a minute that somebody is gone. */
const guarded = { ...quickPolicy, code: policy.code }

test('[VLT28] words of which nobody keeps a vault find none, empty or not: it says so and goes on until it is ended', async () => {
  const world = createWorld({ policy })
  await startHolders(world, 8)
  const a = await startDevice(world, 'a')
  await world.run(a.vault.commit(folders(3)))
  await whole(world, a, a.publish())
  const { parts, people } = a.asked
  const other = ownerKeysOf(makeWords(new Uint8Array(16).fill(8)))
  const ending = new AbortController()
  const heard: SearchNews[] = []
  const finding = findVault(parts, people, other, { signal: ending.signal, onLooked: (news) => heard.push(news) })
  finding.catch(() => undefined)
  await world.until(() => heard.length > 2)
  expect(heard.every(({ is, people: count }) => is === 'looking' && count === 0)).toBe(true)
  const reason = new Error('cancelled')
  ending.abort(reason)
  await expect(world.run(finding)).rejects.toBe(reason)
})

test('[VLT28] [LOG2] keepers that give a stale log, a forged one, a foreign one, none or no answer, or false pieces, change nothing', async () => {
  const world = createWorld({ policy })
  // They prove to the device that they keep their pieces, and lie to the next reader.
  const isLiar = (name: string): boolean => name === 'holder 3' || name === 'holder 4'
  const holders = await startHolders(world, 8, (name) => (isLiar(name) ? (store) => createLyingShardStore(store, 7, 'flip', 4) : undefined))
  const a = await startDevice(world, 'a')
  await world.run(a.vault.commit(folders(600)))
  const publishing = a.publish()
  await whole(world, a, publishing)
  await world.run(a.vault.commit([renamed(3, 'once')]))
  await whole(world, a, publishing)
  const stale = a.vault.told().entries.map(({ bytes }) => bytes)
  const segments = a.vault.told().layers.flatMap(({ segmentId }) => segmentId ?? [])
  await world.run(a.vault.commit([renamed(3, 'twice'), ...folders(900, 700)]))
  await whole(world, a, publishing)
  const state = stateOf(a)
  const real = a.vault.told().entries.map(({ bytes }) => bytes)
  a.kill()
  for (const holder of holders.slice(0, 3)) world.kill(holder)
  const stranger = vaultGroupOf(new Uint8Array(32).fill(3))
  const flipped = real.map((bytes) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)))
  const foreign = real.map((bytes) => encodeLogEntry(readLogEntry(bytes), stranger.seed))
  await startKeeper(world, 'stale', segments, async () => stale)
  await startKeeper(world, 'forged', segments, async () => [...flipped, new Uint8Array(4096).fill(7), new Uint8Array(1)])
  await startKeeper(world, 'foreign', segments, async () => foreign)
  await startKeeper(world, 'empty', segments, async () => [])
  await startKeeper(world, 'refusing', segments, () => Promise.reject(refused('UNKNOWN')))
  await startKeeper(world, 'silent', segments, () => new Promise(() => undefined))
  const b = await startDevice(world, 'b')
  await takeFound(world, b)
  expect(stateOf(b)).toBe(state)
  expect(b.vault.isCopied).toBe(false)
})

test('[VLT28] [LOG4] once guardians replaced everybody whom its device had given it to, words alone still bring it back', async () => {
  const world = createWorld({ policy: guarded })
  const first = await startHolders(world, 8)
  const a = await startDevice(world, 'a')
  await world.run(a.vault.commit(folders(600)))
  const publishing = a.publish()
  await whole(world, a, publishing)
  await world.run(a.vault.commit([renamed(3, 'the last word')]))
  await whole(world, a, publishing)
  const state = stateOf(a)
  await world.advance(45 * SECOND)
  a.kill()
  await startHolders(world, 10, () => undefined, 'newcomer')
  for (const gone of [first.slice(0, 4), first.slice(4)]) {
    for (const holder of gone) world.kill(holder)
    await world.advance(80 * SECOND)
  }
  const b = await startDevice(world, 'b')
  await takeFound(world, b)
  expect(stateOf(b)).toBe(state)
})

/** A peer that claims to keep the first piece of these segments of the vault, keeps nothing, and answers LOG-GET as it likes. */
async function startKeeper(
  world: World,
  name: string,
  segments: readonly SegmentId[],
  log: () => Promise<readonly Bytes[]>,
): Promise<PeerId> {
  const signer = createDeviceSigner(createSeededRandom(`keeper ${name}`).bytes(32))
  const { groupId } = vaultGroupOf(keys.lease)
  const rows = segments.map((segmentId) => ({ segmentId, index: 0 }))
  const fields = { groupId, holder: signer.peerId, seq: 1, rows, at: 0 }
  const own = encodeClaim(fields, await signer.sign(claimMessage(fields)))
  const seat = world.swarm.join(signer.peerId)
  const mine = (): Hello => ({
    engine: 'memory',
    isPersisted: true,
    isHolder: true,
    offer: 1,
    room: 1,
    storeEpoch: new Uint8Array(16) as Hello['storeEpoch'],
    clock: world.clock.now(),
  })
  handleHello(seat.network, world.clock, { mine, onHello: () => undefined })
  handleShard(seat.network, world.clock, {
    describe: () => Promise.reject(refused('UNKNOWN')),
    has: async () => [],
    read: () => Promise.reject(refused('UNKNOWN')),
    store: () => Promise.reject(refused('FULL')),
  } as unknown as Parameters<typeof handleShard>[2])
  handleGroup(seat.network, world.clock, {
    who: async () => ({ own, claims: [] }),
    told: async () => undefined,
    putLog: async () => undefined,
    getLog: log,
  })
  await seat.directory.announce(groupId)
  await world.run(seat.control.addRelay(RELAY))
  return seat.network.self
}
