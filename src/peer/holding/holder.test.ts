import { expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { sizeOnDisk } from '../../adapters/storage/slabs/slab-layout.ts'
import { equalBytes, hex } from '../../core/bytes.ts'
import { checkClaim } from '../../core/claim.ts'
import { decodeDescriptor } from '../../core/descriptor.ts'
import { askToDescribe, askWhetherHas, openFetch } from '../../protocol/fetch-shard.ts'
import { askWho, tell } from '../../protocol/group.ts'
import { askToStore } from '../../protocol/store-shard.ts'
import { createRig, nextChange, outcome, shardsOnDisk, type OwnedSegment } from '../../sim/holder.rig.ts'
import { verifyLeaves } from '../fetching/verify-leaves.ts'

const coder = createCoding(crypto.subtle)

test('[STO1] a holder checks the whole shard, keeps it and signs a claim; the same offer again costs no byte', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host } = await rig.holder('ada')
  const segment = rig.own('film', { sealedLength: 3_000_000 })
  const offsets: number[] = []
  const claim = checkClaim(await rig.place(owner, peer, segment, 3, { onAcknowledged: (offset) => offsets.push(offset) }), rig.clock.now())
  expect(claim.holder).toBe(peer)
  expect(hex(claim.groupId)).toBe(hex(segment.groupId))
  expect(claim.rows).toEqual([{ segmentId: segment.segmentId, index: 3 }])
  expect(offsets.at(-1)).toBe(segment.shards[3]?.length)
  expect(host.kept()).toEqual([
    {
      groupId: hex(segment.groupId),
      segmentId: hex(segment.segmentId),
      index: 3,
      bytes: segment.shards[3]?.length,
      until: rig.clock.now() + 86_400_000,
    },
  ])
  expect(host.keptFor(owner.self)).toBe(segment.shards[3]?.length)
  const again = await askToStore(owner, rig.clock, peer, segment.offer(peer, 3))
  expect(again.is === 'kept' && equalBytes(again.claim, claim.bytes)).toBe(true)
})

test('[FET1] leaves come with proofs that lead to the shard id, whatever the range', async () => {
  const rig = createRig()
  const { peer } = await rig.holder('ada')
  const segment = rig.own('film', { sealedLength: 3_000_000 })
  await rig.place(rig.join('owner'), peer, segment, 1)
  const descriptor = decodeDescriptor(segment.descriptor)
  const turn = await openFetch(rig.join('reader'), rig.clock, peer)
  const ranges = [
    [0, 16],
    [0, 1],
    [3, 7],
    [segment.leaves - 1, 1],
    [segment.leaves - 5, 5],
  ] as const
  const checked = await Promise.all(
    ranges.map(async ([firstLeaf, leaves]) => {
      const { bytes, proof } = await turn.read({ segmentId: segment.segmentId, index: 1, firstLeaf, leaves })
      return verifyLeaves(coder, descriptor, { index: 1, firstLeaf, leaves }, bytes, proof)
    }),
  )
  for (const [at, bytes] of checked.entries()) {
    const first = (ranges[at]?.[0] ?? 0) * 65_536
    expect(equalBytes(bytes, segment.shards[1]?.subarray(first, first + bytes.length) ?? new Uint8Array())).toBe(true)
  }
  expect(equalBytes(await turn.describe(segment.segmentId), segment.descriptor)).toBe(true)
  turn.close()
})

test('[FET2] unknown segments, other indices and ranges beyond the shard are refused, and the stream goes on', async () => {
  const rig = createRig()
  const { peer } = await rig.holder('ada')
  const segment = rig.own('film')
  const other = rig.own('other')
  await rig.place(rig.join('owner'), peer, segment, 1)
  const reader = rig.join('reader')
  const turn = await openFetch(reader, rig.clock, peer)
  const { segmentId } = segment
  expect(await outcome(turn.read({ segmentId: other.segmentId, index: 1, firstLeaf: 0, leaves: 1 }))).toBe('UNKNOWN')
  expect(await outcome(turn.read({ segmentId, index: 2, firstLeaf: 0, leaves: 1 }))).toBe('UNKNOWN')
  expect(await outcome(turn.read({ segmentId, index: 1, firstLeaf: segment.leaves, leaves: 1 }))).toBe('BAD-REQUEST')
  expect(await outcome(turn.describe(other.segmentId))).toBe('UNKNOWN')
  expect(await outcome(turn.read({ segmentId, index: 1, firstLeaf: 0, leaves: 1 }))).toBe('done')
  expect(await askWhetherHas(reader, rig.clock, peer, [other.segmentId, segmentId])).toEqual([{ segmentId, index: 1 }])
  expect(await outcome(askToDescribe(reader, rig.clock, peer, other.segmentId))).toBe('UNKNOWN')
})

test('[FET4] a turn that lay idle until the holder closed it goes on over a fresh stream', async () => {
  const rig = createRig()
  const { peer } = await rig.holder('ada')
  const segment = rig.own('film')
  await rig.place(rig.join('owner'), peer, segment, 1)
  const turn = await openFetch(rig.join('reader'), rig.clock, peer)
  const read = () => turn.read({ segmentId: segment.segmentId, index: 1, firstLeaf: 0, leaves: 2 })
  await read()
  await rig.clock.advance(61_000)
  expect((await read()).bytes.length).toBe(131_072)
})

test('[ADM1] an offer whose parts do not fit together is refused before a byte is sent', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host } = await rig.holder('ada')
  const segment = rig.own('film')
  const other = rig.own('other')
  const { descriptor } = segment
  const charter = segment.charter()
  const ask = (request: Partial<{ descriptor: Uint8Array; charter: Uint8Array; index: number }>) =>
    outcome(askToStore(owner, rig.clock, peer, { ...segment.offer(peer, 0), charter, ...request }))
  const forged = charter.map((byte, at) => (at === charter.length - 1 ? byte ^ 1 : byte))
  expect(await ask({ charter: other.charter() })).toBe('BAD-REQUEST')
  expect(await ask({ charter: forged })).toBe('BAD-SIGNATURE')
  expect(await ask({ charter: segment.charter({ until: rig.clock.now() - 1 }) })).toBe('EXPIRED')
  expect(await ask({ charter: segment.charter({ root: null, retired: [segment.segmentId] }) })).toBe('EXPIRED')
  expect(await ask({ charter: segment.charter({ seq: rig.clock.now() + 259_200_001 }) })).toBe('BAD-REQUEST')
  expect(await ask({ charter: segment.tombstone(5) })).toBe('BAD-REQUEST')
  expect(await ask({ descriptor: descriptor.subarray(1) })).toBe('BAD-REQUEST')
  expect(await ask({ index: 6 })).toBe('BAD-REQUEST')
  expect(host.used()).toBe(0)
})

test('[ADM3] a holder keeps one shard of a segment, never two', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host } = await rig.holder('ada')
  const segment = rig.own('film')
  await rig.place(owner, peer, segment, 0)
  expect(await outcome(rig.place(owner, peer, segment, 1))).toBe('BAD-REQUEST')
  expect(host.facts().pieces).toBe(1)
})

test('[ADM3] of two shards of a segment sent at once one is kept', async () => {
  const rig = createRig()
  const { peer, host } = await rig.holder('ada')
  const segment = rig.own('film')
  const results = await Promise.all([
    outcome(rig.place(rig.join('owner'), peer, segment, 0)),
    outcome(rig.place(rig.join('guardian'), peer, segment, 1)),
  ])
  expect(results.toSorted()).toEqual(['BAD-REQUEST', 'done'])
  expect(shardsOnDisk(host)).toBe(sizeOnDisk(500_000))
})

test('[ADM3] a peer that begins a shard anew takes over from its own stream, which a killed page leaves looking open', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host } = await rig.holder('ada')
  const segment = rig.own('film')
  const shard = segment.shards[0] ?? new Uint8Array()
  let acknowledge: (offset: number) => void = () => undefined
  const acknowledged = new Promise<number>((resolve) => (acknowledge = resolve))
  const request = segment.offer(peer, 0)
  const first = await askToStore(owner, rig.clock, peer, request, { onAcknowledged: acknowledge })
  if (first.is !== 'wanted') throw new Error(first.is)
  await first.send(shard.subarray(0, 300_000))
  const firstEnd = outcome(first.finish())
  const safe = await acknowledged
  const again = await askToStore(owner, rig.clock, peer, request)
  if (again.is !== 'wanted') throw new Error(again.is)
  expect(again.from).toBeGreaterThanOrEqual(safe)
  expect(await firstEnd).not.toBe('done')
  await again.send(shard.subarray(again.from))
  expect(await outcome(again.finish())).toBe('done')
  expect(shardsOnDisk(host)).toBe(sizeOnDisk(shard.length))
})

test('[STO6] a shard with one wrong bit is refused at its end and nothing of it stays', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host } = await rig.holder('ada')
  const segment = rig.own('film')
  const spoilt: OwnedSegment = {
    ...segment,
    shards: segment.shards.map((shard) => shard.map((byte, at) => (at === 99_999 ? byte ^ 4 : byte))),
  }
  expect(await outcome(rig.place(owner, peer, spoilt, 2))).toBe('BAD-REQUEST')
  expect(host.used()).toBe(0)
  expect(await outcome(rig.place(owner, peer, segment, 2))).toBe('done')
})

test('[STO2] a store that was cut goes on where the holder has got to, also after it restarted', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const ada = await rig.holder('ada')
  const segment = rig.own('film', { sealedLength: 4_000_000 })
  const request = segment.offer(ada.peer, 0)
  const shard = segment.shards[0] ?? new Uint8Array()
  let acknowledged = 0
  const turn = await askToStore(owner, rig.clock, ada.peer, request, { onAcknowledged: (offset) => (acknowledged = offset) })
  if (turn.is !== 'wanted') throw new Error('not wanted')
  expect(turn.from).toBe(0)
  await turn.send(shard.subarray(0, 1_400_000))
  turn.abort()
  ada.host.close()
  const again = await rig.holder('ada', { files: ada.files })
  const resumed = await askToStore(owner, rig.clock, again.peer, request)
  if (resumed.is !== 'wanted') throw new Error('not wanted')
  expect(resumed.from).toBeGreaterThanOrEqual(acknowledged)
  expect(acknowledged).toBeGreaterThan(0)
  await resumed.send(shard.subarray(resumed.from))
  await resumed.finish()
  expect(again.host.facts().pieces).toBe(1)
})

test('[ADM6] a half-done shard is kept for 24 hours and no longer', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host } = await rig.holder('ada')
  const segment = rig.own('film', { sealedLength: 4_000_000 })
  const request = segment.offer(peer, 0)
  let acknowledged = 0
  const turn = await askToStore(owner, rig.clock, peer, request, { onAcknowledged: (offset) => (acknowledged = offset) })
  if (turn.is !== 'wanted') throw new Error('not wanted')
  await turn.send(segment.shards[0]?.subarray(0, 1_400_000) ?? new Uint8Array())
  expect(acknowledged).toBeGreaterThan(0)
  const isReleased = nextChange(host)
  turn.abort()
  await isReleased
  expect(host.used()).toBeGreaterThanOrEqual(acknowledged)
  await rig.clock.advance(22 * 3_600_000)
  expect(host.used()).toBeGreaterThanOrEqual(acknowledged)
  await rig.clock.advance(3 * 3_600_000)
  expect(host.used()).toBe(0)
})

test('[ADM6] a half-done shard goes with the end of its group', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host } = await rig.holder('ada')
  const segment = rig.own('film', { sealedLength: 4_000_000 })
  const request = segment.offer(peer, 0)
  const turn = await askToStore(owner, rig.clock, peer, request, {})
  if (turn.is !== 'wanted') throw new Error('not wanted')
  await turn.send(segment.shards[0]?.subarray(0, 1_400_000) ?? new Uint8Array())
  const isReleased = nextChange(host)
  turn.abort()
  await isReleased
  expect(host.used()).toBe(sizeOnDisk(2_000_000))
  await tell(owner, rig.clock, peer, { tombstone: segment.tombstone(6000), claims: [] })
  await rig.clock.advance(2 * 3_600_000)
  expect(host.used()).toBe(0)
})

test('[KEE2] the same bytes under a second descriptor cost no upload and are freed with the last of them', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host } = await rig.holder('ada')
  const first = rig.own('film')
  const second = rig.ownAgain(first, 'saved')
  await rig.place(owner, peer, first, 0)
  const turn = await askToStore(rig.join('friend'), rig.clock, peer, second.offer(peer, 0))
  expect(turn.is).toBe('kept')
  expect(host.facts().pieces).toBe(2)
  expect(shardsOnDisk(host)).toBe(sizeOnDisk(500_000))
  await tell(owner, rig.clock, peer, { tombstone: first.tombstone(2000), claims: [] })
  await rig.clock.advance(8 * 86_400_000)
  expect(shardsOnDisk(host)).toBe(sizeOnDisk(500_000))
  await tell(owner, rig.clock, peer, { tombstone: second.tombstone(2000), claims: [] })
  await rig.clock.advance(8 * 86_400_000)
  expect(shardsOnDisk(host)).toBe(0)
})

test('[GRO1] WHO of a group of which nothing is kept is UNKNOWN, TELL too', async () => {
  const rig = createRig()
  const reader = rig.join('reader')
  const { peer } = await rig.holder('ada')
  const segment = rig.own('film')
  expect(await outcome(askWho(reader, rig.clock, peer, segment.groupId))).toBe('UNKNOWN')
  expect(await outcome(tell(reader, rig.clock, peer, { charter: segment.charter(), claims: [] }))).toBe('UNKNOWN')
})
