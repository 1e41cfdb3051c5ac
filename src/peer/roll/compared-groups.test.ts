import { expect, test } from 'vitest'
import { brandBytes, type GroupId, type PeerId } from '../../core/ids.ts'
import { joinGroups } from './compared-groups.ts'
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
