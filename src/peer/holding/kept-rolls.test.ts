import { expect, test } from 'vitest'
import { createRig } from '../../sim/holder.rig.ts'

test('[EVD7] a holder checks nobody in a group that it does not serve yet, nor in one that has ended', async () => {
  const { holder, own, place, join } = createRig()
  const waiting = { isOver: false }
  const { host, peer } = await holder('bob', { isServable: () => waiting.isOver })
  const owner = join('owner')
  const segment = own('film')
  waiting.isOver = true
  await place(owner, peer, segment, 0)
  const names = () => host.rolls().map(({ groupId }) => groupId)
  expect(names()).toEqual([segment.groupId])
  waiting.isOver = false
  expect(names()).toEqual([])
  waiting.isOver = true
  expect((await host.descriptorOf(segment.segmentId))?.k).toBe(2)
  await host.told(peer, { paper: { is: 'tombstone', bytes: segment.tombstone(2) }, claims: [] })
  expect([names(), await host.descriptorOf(segment.segmentId)]).toEqual([[], undefined])
})
