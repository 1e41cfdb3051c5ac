import { afterEach, expect, test } from 'vitest'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { fromHex } from '../../core/bytes.ts'
import { decodeDescriptor, encodeDescriptor, segmentIdOf } from '../../core/descriptor.ts'
import { HoardError } from '../../core/errors.ts'
import { brandBytes, type SegmentId, type ShardId } from '../../core/ids.ts'
import { tell } from '../../protocol/group.ts'
import { askToStore } from '../../protocol/store-shard.ts'
import { sayRepairing } from '../../protocol/sync.ts'
import { createRig } from '../../sim/holder.rig.ts'
import { bytesOf, readByLink, type RiggedPeer } from '../../sim/world.ts'
import { createTown, leastPlaced, quickPolicy, type Town } from './guardians.rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const { claimMs, rankDelayMs, scanMs } = quickPolicy.guardian
const { lostAfterMs } = quickPolicy.presence
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

async function startSome(count: number, kind: string): Promise<readonly RiggedPeer[]> {
  const people: RiggedPeer[] = []
  for (let at = 0; at < count; at++) people.push(await town.start(`${kind} ${at}`))
  return people
}

/** Stores a file with `count` people, whose owner then goes for good, and lets them check each other. */
async function orphan(count: number, bytes = 400_000) {
  const holders = await startSome(count, 'holder')
  const { owner, path, content } = await town.store('film', bytes)
  await town.pass(45 * SECOND)
  town.kill(owner)
  return { holders, path, content }
}

const keptBy = async ({ peer }: RiggedPeer) => town.world.run(peer.kept())
const bytesKeptBy = async (holder: RiggedPeer): Promise<number> => (await keptBy(holder)).reduce((sum, { bytes }) => sum + bytes, 0)
const isWhole = async (least = leastPlaced): Promise<boolean> => ((await town.known())[0] ?? 0) >= least

test('[RPR2] a file outlives all who kept it first: after each loss every segment is back at m', async () => {
  town = createTown()
  const { holders, path, content } = await orphan(10, 2_000_000)
  const givenBefore = town.givenBytes()
  let lostBytes = 0
  for (const [at, holder] of holders.entries()) {
    lostBytes += await bytesKeptBy(holder)
    town.kill(holder)
    await town.start(`fresh ${at}`)
    await town.passUntil(isWhole, lostAfterMs + MINUTE)
    expect((await town.known())[0]).toBeGreaterThanOrEqual(2)
  }
  const { fetchedBytes, placed } = town.repaired()
  expect(placed).toBeGreaterThanOrEqual(10)
  // Two leaves show each new holder that the segment exists.
  const movedBytes = town.givenBytes() - givenBefore + fetchedBytes + placed * 2 * 65_536
  expect(movedBytes).toBeLessThan(6 * lostBytes)
  expect(await readByLink(town.world, path)).toEqual(content)
})

test('[PRS3] a holder that was killed and comes back with its storage counts at once, and nothing is repaired because of it', async () => {
  town = createTown()
  const { holders } = await orphan(10)
  const gone = holders.slice(0, 3)
  for (const holder of gone) town.kill(holder)
  await town.pass(lostAfterMs - 20 * SECOND)
  for (const { name, files } of gone) await town.start(name, { files })
  await town.pass(3 * MINUTE)
  expect(town.repaired().placed).toBe(0)
})

test('[RPR12] four of twelve that were repaired return together: at most two pieces are placed in the next minute', async () => {
  town = createTown()
  const { holders } = await orphan(12)
  const gone = holders.slice(0, 4)
  for (const holder of gone) town.kill(holder)
  await startSome(4, 'fresh')
  await town.passUntil(() => isWhole(), lostAfterMs + MINUTE)
  await town.pass(MINUTE)
  const before = town.repaired().placed
  expect(before).toBeGreaterThan(0)
  for (const { name, files } of gone) await town.start(name, { files })
  await town.pass(MINUTE)
  expect(town.repaired().placed - before).toBeLessThanOrEqual(2)
})

test('[RPR8] a guardian that is cut off from everybody but two repairs nothing', async () => {
  town = createTown()
  const { holders } = await orphan(10)
  const [cut, ...others] = holders as readonly [RiggedPeer, ...RiggedPeer[]]
  for (const other of others.slice(2)) town.world.swarm.separate(cut.peerId, other.peerId)
  await town.pass(6 * MINUTE)
  expect(cut.peer.snapshot().repair).toEqual({ placed: 0, fetchedBytes: 0, sentBytes: 0 })
})

test('[RPR5] somebody who says that it repairs and does nothing delays a repair by 2 x claimMs at most', async () => {
  town = createTown()
  const { holders } = await orphan(8)
  await startSome(4, 'fresh')
  const liar = holders[0] as RiggedPeer
  const segments = (await keptBy(liar)).map(({ segmentId }) => brandBytes<SegmentId>(fromHex(segmentId)))
  // Of the eight pieces of each segment five are left, which is short and not urgent.
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  const mouth = town.world.swarm.join(liar.peerId).network
  await town.pass(lostAfterMs - 5 * SECOND)
  const beganAt = town.world.clock.now()
  await town.passUntil(
    async () => {
      const until = town.world.clock.now() + claimMs
      const words = town
        .living()
        .flatMap(({ peerId }) =>
          segments.map((segmentId) => sayRepairing(mouth, town.world.clock, peerId, { segmentId, course: { is: 'under way', until } })),
        )
      await town.world.run(Promise.allSettled(words))
      return isWhole(8)
    },
    2 * claimMs + scanMs + 20 * rankDelayMs,
  )
  expect(town.world.clock.now() - beganAt).toBeLessThanOrEqual(2 * claimMs + scanMs + 20 * rankDelayMs)
})

test('[RPR9] two guardians that cannot see each other make n + 2 pieces of a segment together at most', async () => {
  town = createTown()
  const holders = await startSome(8, 'holder')
  const { owner } = await town.store('film', 400_000)
  await town.pass(45 * SECOND)
  await startSome(14, 'fresh')
  await town.pass(10 * SECOND)
  const [ada, bob] = holders as readonly [RiggedPeer, RiggedPeer]
  town.world.swarm.separate(ada.peerId, bob.peerId)
  town.kill(owner)
  for (const holder of holders.slice(3)) town.kill(holder)
  await town.passUntil(() => isWhole(8), lostAfterMs + 2 * MINUTE)
  await town.pass(2 * MINUTE)
  const segments = (await town.known()).length
  expect(town.repaired().placed).toBeLessThanOrEqual(10 * segments)
})

test('[RPR13] a guardian whose page is closed in the middle of a repair costs nothing but time', async () => {
  town = createTown({ ...quickPolicy, guardian: { ...quickPolicy.guardian, bytesPerSecond: 64 * 1024 } })
  const { holders, path, content } = await orphan(8, 3_000_000)
  for (const holder of holders.slice(3)) town.kill(holder)
  await startSome(8, 'fresh')
  const fetchedBy = ({ peer }: RiggedPeer): number => peer.snapshot().repair.fetchedBytes
  await town.passUntil(() => holders.some((holder) => fetchedBy(holder) > 500_000), lostAfterMs + 3 * MINUTE)
  const guardian = holders.find((holder) => fetchedBy(holder) > 500_000) as RiggedPeer
  town.kill(guardian)
  await town.pass(5 * SECOND)
  await town.start(guardian.name, { files: guardian.files })
  await town.passUntil(() => isWhole(), 5 * MINUTE)
  expect(await readByLink(town.world, path)).toEqual(content)
})

test('[RPR9] where the disk of somebody who wants a piece is full, another one gets it', async () => {
  town = createTown()
  const { holders } = await orphan(8)
  const isFull = { now: true }
  for (let at = 0; at < 5; at++) {
    await town.start(`full ${at}`, {
      shards: (store) => ({
        ...store,
        async write(...args) {
          if (isFull.now) throw new HoardError('storage-full')
          return store.write(...args)
        },
      }),
    })
  }
  await startSome(4, 'roomy')
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.passUntil(() => isWhole(8), lostAfterMs + 3 * MINUTE)
  for (const { name, peer } of town.living()) if (name.startsWith('full')) expect(await town.world.run(peer.kept())).toEqual([])
})

test('[RPR14] a descriptor whose spares name other shards costs one try, and none after that', async () => {
  town = createTown()
  const { world } = town
  const holders = await startSome(8, 'holder')
  await startSome(4, 'fresh')
  const [owner, segment] = [
    world.swarm.join(createDeviceSigner(bytesOf('cheat', 32)).peerId).network,
    createRig().own('film', { k: 2, n: 8 }),
  ]
  const right = decodeDescriptor(segment.descriptor)
  const shardIds = right.shardIds.map((id, index) => (index < 8 ? id : brandBytes<ShardId>(new Uint8Array(32).fill(index))))
  const descriptor = encodeDescriptor({ ...right, shardIds })
  const segmentId = segmentIdOf(descriptor)
  const charter = segment.charter({ root: { kind: 0, segmentId, r: new Uint8Array() } })
  const claims: Uint8Array[] = []
  for (const [index, { peerId }] of holders.entries()) {
    const offer = { descriptor, charter, index, permit: segment.permit(peerId, index, segmentId) }
    const turn = await world.run(askToStore(owner, world.clock, peerId, offer))
    if (turn.is === 'kept') continue
    await world.run(turn.send(segment.shards[index] ?? new Uint8Array()))
    claims.push(await world.run(turn.finish()))
  }
  for (const { peerId } of holders) await world.run(tell(owner, world.clock, peerId, { charter, claims }))
  await town.pass(45 * SECOND)
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.passUntil(() => town.repaired().fetchedBytes > 0, lostAfterMs + MINUTE)
  await town.pass(3 * MINUTE)
  const { fetchedBytes } = town.repaired()
  // Each of the five that are left finds out by itself, once, whatever epochs begin.
  expect(fetchedBytes).toBeLessThan(5 * 1_000_000)
  await town.pass(5 * MINUTE)
  expect(town.repaired()).toEqual({ placed: 0, fetchedBytes, sentBytes: 0 })
  expect(await town.known()).toEqual([5])
})
