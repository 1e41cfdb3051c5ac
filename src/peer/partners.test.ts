import { expect, test } from 'vitest'
import { hex } from '../core/bytes.ts'
import { brandBytes, type GroupId, type PeerId } from '../core/ids.ts'
import type { KeptGroup } from './holding/kept-rolls.ts'
import { createPartners } from './partners.ts'
import { createRolls } from './roll/rolls.ts'
import type { Content } from './storing/content.ts'

const [self, bob, cyd, owner] = ['self', 'bob', 'cyd', 'owner'].map((name) => name as PeerId) as [PeerId, PeerId, PeerId, PeerId]
const groupId = (at: number) => brandBytes<GroupId>(new Uint8Array(32).fill(at))

test('[USE3, BEA4] partners are counted by shared groups: kept together, placed here, or own ones; each person once in a group', () => {
  const desk = openDesk()
  desk.claim(1, self, bob, owner)
  desk.claim(2, self, cyd)
  const { partners } = desk
  expect([partners.groupsWith(owner), partners.groupsWith(bob), partners.groupsWith(self)]).toEqual([2, 1, 0])
  desk.claim(3, cyd)
  desk.claim(4, cyd)
  desk.own([3, 4])
  // What was counted while the files were being opened is not kept.
  expect(partners.all()).toEqual([cyd, owner, bob])
  desk.own([])
  expect(partners.groupsWith(cyd)).toBe(3)
  desk.pass(70_000)
  expect(partners.groupsWith(cyd)).toBe(1)
})

test('[USE3] a group is counted anew once its claims, or who placed its pieces, have changed, and no other one', () => {
  const desk = openDesk()
  desk.claim(1, self, bob)
  desk.claim(2, self, bob)
  desk.own([])
  const { partners } = desk
  expect([partners.groupsWith(bob), partners.groupsWith(owner), desk.looks()]).toEqual([2, 2, 2])
  desk.pass(70_000)
  expect([partners.groupsWith(bob), desk.looks()]).toEqual([2, 2])
  desk.claim(1, cyd)
  desk.rolls.of(groupId(1)).drop(bob)
  desk.place(2, cyd)
  desk.pass(70_000)
  expect([[bob, cyd, owner].map(partners.groupsWith), desk.looks()]).toEqual([[1, 2, 1], 4])
  desk.forget(2)
  desk.pass(70_000)
  expect([[bob, cyd, owner].map(partners.groupsWith), desk.looks()]).toEqual([[0, 1, 1], 4])
})

test('[USE3] while this owner has no files, groups are counted anew only after a change of them or of their claims', () => {
  const desk = openDesk()
  desk.claim(1, self, bob)
  desk.noFiles()
  const { partners } = desk
  expect([partners.groupsWith(bob), partners.groupsWith(owner), desk.asked()]).toEqual([1, 2, 2])
  desk.pass(70_000)
  expect([partners.groupsWith(bob), desk.asked()]).toEqual([1, 2])
  desk.claim(2, cyd)
  desk.pass(70_000)
  expect([partners.groupsWith(cyd), desk.asked()]).toEqual([1, 4])
  desk.forget(2)
  desk.pass(70_000)
  expect([partners.groupsWith(cyd), partners.groupsWith(owner), desk.asked()]).toEqual([0, 1, 5])
  desk.own([3])
  desk.claim(3, cyd)
  desk.pass(70_000)
  expect(partners.groupsWith(cyd)).toBe(1)
  desk.noFiles()
  desk.pass(70_000)
  expect(partners.groupsWith(cyd)).toBe(0)
})

/** The partners of a device that keeps a piece of the groups 1 and 2, which `owner` placed. */
function openDesk() {
  let [ran, looks, asked] = [0, 0, 0]
  let contents: readonly Content[] | undefined
  const rolls = createRolls()
  let kept: ReadonlyMap<string, KeptGroup> = new Map()
  const keep = (groups: Iterable<readonly [string, KeptGroup]>) => (kept = new Map(groups))
  const place = (at: number, placer: PeerId) => keep([...kept, [hex(groupId(at)), { groupId: groupId(at), placers: [placer] }]])
  for (const at of [1, 2]) place(at, owner)
  const roll = (id: GroupId) => {
    asked++
    // Of another object with the same bytes, so that nobody else's looks are counted.
    const own = rolls.of(brandBytes<GroupId>(id.slice()))
    const holders = own.holders.bind(own)
    return Object.assign(own, { holders: () => (looks++, holders()) })
  }
  const partners = createPartners(self, { ran: () => ran }, { keptGroups: () => kept, roll, rollsVersion: rolls.version }, () => contents)
  return {
    partners,
    rolls,
    place,
    looks: () => looks,
    /** Rolls that were asked for. */
    asked: () => asked,
    pass: (ms: number) => (ran += ms),
    forget: (at: number) => keep([...kept].filter(([name]) => name !== hex(groupId(at)))),
    noFiles: () => (contents = []),
    claim(at: number, ...holders: readonly PeerId[]) {
      for (const holder of holders) rolls.of(groupId(at)).put({ holder, seq: 1, takenAt: 0, rows: [] })
    },
    own(groups: readonly number[]) {
      contents = [{ groups: groups.map((at) => ({ groupId: groupId(at), roll: rolls.of(groupId(at)) })) } as unknown as Content]
    },
  }
}
