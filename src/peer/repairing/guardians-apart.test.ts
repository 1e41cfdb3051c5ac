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
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const { claimMs, rankDelayMs } = quickPolicy.guardian
const { lostAfterMs } = quickPolicy.presence
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

const keptBy = async ({ peer }: RiggedPeer) => town.world.run(peer.kept())

test('[RPR5] somebody who says that it repairs and does nothing delays a repair by 2 x claimMs at most', async () => {
  town = createTown()
  const { holders } = await town.orphan(8)
  await town.startSome(4, 'fresh')
  const liar = holders[0] as RiggedPeer
  const segments = (await keptBy(liar)).map(({ segmentId }) => brandBytes<SegmentId>(fromHex(segmentId)))
  // Of the eight pieces of each segment five are left, which is short and not urgent.
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  const mouth = town.world.swarm.join(liar.peerId).network
  await town.pass(lostAfterMs / 2)
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
      return town.isWhole(8)
    },
    lostAfterMs + 3 * claimMs,
  )
  const delayMs = town.world.clock.now() - beganAt
  expect(delayMs).toBeGreaterThan(claimMs)
  // The words begin before anybody is lost.
  expect(delayMs).toBeLessThanOrEqual(lostAfterMs / 2 + 2 * claimMs + 20 * rankDelayMs)
})

test('[RPR9] two guardians that cannot see each other make n + 2 pieces of a segment together at most', async () => {
  town = createTown()
  const holders = await town.startSome(8, 'holder')
  const { owner } = await town.store('film', 400_000)
  await town.pass(45 * SECOND)
  await town.startSome(14, 'fresh')
  await town.pass(10 * SECOND)
  const [ada, bob] = holders as readonly [RiggedPeer, RiggedPeer]
  town.world.swarm.separate(ada.peerId, bob.peerId)
  town.kill(owner)
  for (const holder of holders.slice(3)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 2 * MINUTE)
  await town.pass(2 * MINUTE)
  const segments = (await town.known()).length
  expect(town.repaired().placed).toBeLessThanOrEqual(10 * segments)
})

test('[RPR13] a guardian whose page is closed in the middle of a repair costs nothing but time', async () => {
  town = createTown({ ...quickPolicy, guardian: { ...quickPolicy.guardian, bytesPerSecond: 64 * 1024 } })
  const { holders, path, content } = await town.orphan(8, 3_000_000)
  for (const holder of holders.slice(3)) town.kill(holder)
  await town.startSome(8, 'fresh')
  const fetchedBy = ({ peer }: RiggedPeer): number => peer.snapshot().repair.fetchedBytes
  await town.passUntil(() => holders.some((holder) => fetchedBy(holder) > 500_000), lostAfterMs + 3 * MINUTE)
  const guardian = holders.find((holder) => fetchedBy(holder) > 500_000) as RiggedPeer
  town.kill(guardian)
  await town.pass(5 * SECOND)
  await town.start(guardian.name, { files: guardian.files })
  await town.passUntil(() => town.isWhole(), 5 * MINUTE)
  expect(await readByLink(town.world, path)).toEqual(content)
})

test('[RPR9] where the disk of somebody who wants a piece is full, another one gets it', async () => {
  town = createTown()
  const { holders } = await town.orphan(8)
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
  await town.startSome(4, 'roomy')
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 3 * MINUTE)
  for (const { name, peer } of town.living()) if (name.startsWith('full')) expect(await town.world.run(peer.kept())).toEqual([])
})

test('[RPR14] a descriptor whose spares name other shards costs two tries, and none after that', async () => {
  town = createTown()
  const { world } = town
  const holders = await town.startSome(8, 'holder')
  await town.startSome(4, 'fresh')
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
  expect(fetchedBytes).toBeLessThan(5 * 2 * 600_000)
  await town.pass(5 * MINUTE)
  expect(town.repaired()).toEqual({ placed: 0, fetchedBytes, sentBytes: 0 })
  expect(await town.known()).toEqual([5])
})

test('[RPR12] a repair ends at once when the owner ends the group, and nothing of it is placed', async () => {
  town = createTown({ ...quickPolicy, guardian: { ...quickPolicy.guardian, bytesPerSecond: 32 * 1024 } })
  const holders = await town.startSome(8, 'holder')
  const { owner } = await town.store('film', 4_000_000)
  await town.pass(45 * SECOND)
  town.kill(owner)
  for (const holder of holders.slice(0, 4)) town.kill(holder)
  await town.startSome(4, 'fresh')
  await town.passUntil(() => town.repaired().fetchedBytes > 300_000, lostAfterMs + 2 * MINUTE)
  const back = await town.start(owner.name, { files: owner.files, offerBytes: 0 })
  const [{ id } = { id: '' }] = back.peer.snapshot().files
  await town.world.run(back.peer.remove(id))
  const { placed } = town.repaired()
  await town.passUntil(async () => (await town.known()).length === 0, MINUTE)
  await town.pass(MINUTE)
  expect(town.repaired().placed).toBe(placed)
  const scratch = town.living().map(({ files }) => files)
  for (const files of scratch) {
    const spools = await files.list('outbox')
    expect(spools.filter((name) => Buffer.from(name, 'hex').toString().startsWith('repair.'))).toEqual([])
  }
})
