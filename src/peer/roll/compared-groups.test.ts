import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { brandBytes, type GroupId, type PeerId } from '../../core/ids.ts'
import { createChangedGroups, joinGroups } from './compared-groups.ts'
import { groupsWithoutPapers } from './compared-groups.rig.ts'
import { createRolls } from './rolls.ts'

const [ada, bob] = ['ada', 'bob'] as unknown as readonly [PeerId, PeerId]
const [kept, own, both] = [1, 2, 3].map((fill) => brandBytes<GroupId>(new Uint8Array(32).fill(fill))) as [GroupId, GroupId, GroupId]

test('[SYN2] of a group that both halves of a device have heard of, the claims of the half to which it belongs count', () => {
  const [first, second] = [createRolls(), createRolls()]
  const claim = (holder: PeerId) => ({ holder, seq: 1, takenAt: 0, rows: [] })
  first.of(kept).put(claim(ada))
  second.of(own).put(claim(ada))
  first.of(both).put(claim(ada))
  second.of(both).put(claim(bob))
  const halfOf = (rolls: typeof first, known: readonly GroupId[]) => ({
    ...groupsWithoutPapers(rolls, () => undefined),
    isKnown: (groupId: GroupId) => known.includes(groupId),
  })
  const joined = (keptHere: readonly GroupId[]) => joinGroups(halfOf(first, keptHere), halfOf(second, [own]))
  const table = (keptHere: readonly GroupId[]) =>
    [kept, own, both].map((groupId) => [ada, bob].map((peer) => joined(keptHere).has(groupId, peer)))
  expect(table([kept, both])).toEqual([
    [true, false],
    [true, false],
    [true, false],
  ])
  expect(table([])).toEqual([
    [false, false],
    [true, false],
    [false, true],
  ])
})

test('[SYN7] groups that changed are due after 30 to 60 quiet seconds, but not with those who have asked since and know the same', async () => {
  const clock = createVirtualClock()
  const changed = createChangedGroups(clock, createSeededRandom('lot'), { quietMs: 30_000, latestMs: 600_000 })
  expect(changed.dueAt()).toBe(Infinity)
  expect([changed.note(kept), changed.note(own)]).toEqual(['first', 'further'])
  expect([changed.dueAt() >= 30_000, changed.dueAt() < 60_000]).toEqual([true, true])
  await clock.advance(1_000)
  changed.noteAlike(ada, kept, 500)
  changed.noteAlike(bob, own, 500)
  // What bob was found to know is no longer all there is.
  changed.note(own)
  changed.noteAlike(bob, own, 500)
  const openWith = changed.take()
  expect([openWith(ada), openWith(bob), changed.dueAt()]).toEqual([[own], [kept, own], Infinity])
})
