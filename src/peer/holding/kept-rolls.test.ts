import { expect, test } from 'vitest'
import { hex } from '../../core/bytes.ts'
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

test('[USE3] kept groups are told with those who placed their pieces, and no more once they have ended', async () => {
  const { holder, own, place, join } = createRig()
  const { host, peer } = await holder('bob')
  const owner = join('owner')
  const [film, song] = [own('film'), own('song')]
  const kept = () => [...host.keptGroups()].map(([name, { groupId, placers }]) => [name === hex(groupId), placers])
  expect(kept()).toEqual([])
  await place(owner, peer, film, 0)
  expect(kept()).toEqual([[true, [owner.self]]])
  await place(owner, peer, song, 0)
  expect([kept(), host.keptGroups() === host.keptGroups()]).toEqual([[1, 2].map(() => [true, [owner.self]]), true])
  await host.told(peer, { paper: { is: 'tombstone', bytes: film.tombstone(2) }, claims: [] })
  expect([...host.keptGroups().keys()]).toEqual([hex(song.groupId)])
})
