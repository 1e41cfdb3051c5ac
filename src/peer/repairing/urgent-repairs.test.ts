import { afterEach, expect, test } from 'vitest'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { hex } from '../../core/bytes.ts'
import { tell } from '../../protocol/group.ts'
import { askToStore } from '../../protocol/store-shard.ts'
import { createRig, type OwnedSegment } from '../../sim/holder.rig.ts'
import { bytesOf, type RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const { lostAfterMs } = quickPolicy.presence
/** Repairs take minutes each. */
const policy = { ...quickPolicy, guardian: { ...quickPolicy.guardian, claimMs: 150 * SECOND, bytesPerSecond: 32 * 1024 } }
const idle = { ...policy, guardian: { ...policy.guardian, enabled: false } }
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

/** Stores a segment with `holders`, who are told of each other. */
async function place(segment: OwnedSegment, holders: readonly RiggedPeer[]): Promise<void> {
  const { world } = town
  const owner = world.swarm.join(createDeviceSigner(bytesOf(hex(segment.segmentId), 32)).peerId).network
  const charter = segment.charter({ root: { kind: 0, segmentId: segment.segmentId, r: new Uint8Array() } })
  const claims: Uint8Array[] = []
  for (const [index, { peerId }] of holders.entries()) {
    const offer = { descriptor: segment.descriptor, charter, index, permit: segment.permit(peerId, index) }
    const turn = await world.run(askToStore(owner, world.clock, peerId, offer))
    if (turn.is === 'kept') continue
    await world.run(turn.send(segment.shards[index] ?? new Uint8Array()))
    claims.push(await world.run(turn.finish()))
  }
  for (const { peerId } of holders) await world.run(tell(owner, world.clock, peerId, { charter, claims }))
}

async function piecesOf({ segmentId }: OwnedSegment): Promise<number> {
  const indices = new Set<number>()
  for (const { peer } of town.living()) {
    for (const kept of await town.world.run(peer.kept())) if (kept.segmentId === hex(segmentId)) indices.add(kept.index)
  }
  return indices.size
}

test('[RPR12] an urgent segment does not wait for the two ordinary ones that are being repaired', async () => {
  town = createTown(policy)
  const rig = createRig()
  const guardian = await town.start('guardian')
  const others: RiggedPeer[] = []
  for (let at = 0; at < 20; at++) others.push(await town.start(`other ${at}`, { policy: idle }))
  const [film, play, song] = [3_000_000, 3_000_000, 100_000].map((sealedLength, at) =>
    rig.own(`segment ${at}`, { k: 2, n: 8, sealedLength }),
  )
  if (!film || !play || !song) throw new Error('three segments')
  for (const segment of [film, play]) await place(segment, [guardian, ...others.slice(0, 7)])
  await place(song, [guardian, ...others.slice(0, 2), ...others.slice(7, 12)])
  await town.pass(45 * SECOND)
  for (const other of others.slice(4, 7)) town.kill(other)
  await town.passUntil(() => town.repaired().fetchedBytes > 600_000, lostAfterMs + 2 * MINUTE)
  for (const other of others.slice(7, 12)) town.kill(other)
  await town.passUntil(async () => (await piecesOf(song)) === 8, lostAfterMs + MINUTE)
  expect([await piecesOf(film), await piecesOf(play)]).toEqual([5, 5])
})
