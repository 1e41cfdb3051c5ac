import { expect, test } from 'vitest'
import type { Bytes } from '../../../core/bytes.ts'
import { checkClaim } from '../../../core/claim.ts'
import { keptInstead, refusalOf } from '../../../protocol/refusal.ts'
import { askToStore } from '../../../protocol/store-shard.ts'
import { createRig, outcome, withoutPermits } from '../../../sim/holder.rig.ts'

test('[ADM1] nobody places without a permit of the group key over this holder, this segment and this index', async () => {
  const rig = createRig()
  const [owner, eve] = [rig.join('owner'), rig.join('eve')]
  const [{ peer, host }, bob] = [await rig.holder('ada'), await rig.holder('bob')]
  const [segment, other] = [rig.own('film'), rig.own('other')]
  await rig.place(owner, bob.peer, segment, 1)
  const right = segment.offer(peer, 1)
  const ask = (permit: Bytes) => outcome(askToStore(eve, rig.clock, peer, { ...right, permit }))
  const { permit: _, ...without } = right
  expect(await outcome(askToStore(eve, rig.clock, peer, without))).toBe('BAD-REQUEST')
  for (const { permit } of [segment.offer(bob.peer, 1), segment.offer(peer, 2), other.offer(peer, 1)])
    expect(await ask(permit)).toBe('BAD-REQUEST')
  const forged = right.permit.map((byte, at) => (at === right.permit.length - 1 ? byte ^ 1 : byte))
  expect(await ask(forged)).toBe('BAD-SIGNATURE')
  expect(host.facts().usedBytes).toBe(0)
  expect(await outcome(rig.place(owner, peer, segment, 2))).toBe('done')
})

test('[ADM3] the refusal of a second shard of a segment names the index kept', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer } = await rig.holder('ada')
  const segment = rig.own('film')
  await rig.place(owner, peer, segment, 3)
  const error: unknown = await rig.place(owner, peer, segment, 1).catch((reason: unknown) => reason)
  expect([refusalOf(error), keptInstead(error)]).toEqual(['BAD-REQUEST', 3])
})

test('[ADM3] the wish of the owner displaces a shard that somebody else brought, once it is whole and not before', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const ada = await rig.holder('ada')
  const segment = rig.own('film')
  await rig.place(rig.join('somebody'), ada.peer, segment, 0)
  ada.host.close()
  // A row without a permit, as versions before permits wrote it, and as a guardian will.
  const { peer, host } = await rig.holder('ada', { files: ada.files, catalog: withoutPermits })
  const turn = await askToStore(owner, rig.clock, peer, segment.offer(peer, 2))
  if (turn.is !== 'wanted') throw new Error(turn.is)
  expect(host.kept().map(({ index }) => index)).toEqual([0])
  await turn.send(segment.shards[2] ?? new Uint8Array())
  const claim = checkClaim(await turn.finish(), rig.clock.now())
  expect(claim.rows).toEqual([{ segmentId: segment.segmentId, index: 2 }])
  expect(host.kept().map(({ index }) => index)).toEqual([2])
  expect(host.keptFor(owner.self)).toBe(segment.shards[2]?.length)
  expect(await outcome(rig.place(rig.join('somebody'), peer, segment, 0))).toBe('BAD-REQUEST')
})
