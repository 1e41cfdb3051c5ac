import { expect, test } from 'vitest'
import { hex } from '../core/bytes.ts'
import { brandBytes, type GroupId, type PeerId } from '../core/ids.ts'
import { createPartners } from './partners.ts'
import type { Roll } from './roll/roll.ts'
import type { Content } from './storing/content.ts'

const [self, bob, cyd, owner] = ['self', 'bob', 'cyd', 'owner'].map((name) => name as PeerId) as [PeerId, PeerId, PeerId, PeerId]
const groupId = (at: number) => brandBytes<GroupId>(new Uint8Array(32).fill(at))
const rollOf = (...holders: PeerId[]) => ({ holders: () => holders }) as unknown as Roll

test('[USE3, BEA4] partners are counted by shared groups: kept together, placed here, or own ones; each person once in a group', () => {
  let ran = 0
  let contents: readonly Content[] | undefined
  const kept = [1, 2]
  const holder = {
    kept: () => kept.flatMap((at) => [0, 1].map((index) => ({ groupId: hex(groupId(at)), segmentId: '', index, bytes: 0, until: 0 }))),
    roll: (id: GroupId) => (id[0] === 1 ? rollOf(self, bob, owner) : rollOf(self, cyd)),
    placers: () => [owner],
  }
  const partners = createPartners(self, { ran: () => ran }, holder, () => contents)
  expect([partners.groupsWith(owner), partners.groupsWith(bob), partners.groupsWith(self)]).toEqual([2, 1, 0])
  contents = [{ groups: [{ roll: rollOf(cyd) }, { roll: rollOf(cyd) }] } as unknown as Content]
  // What was counted while the files were being opened is not kept.
  expect(partners.all()).toEqual([cyd, owner, bob])
  contents = []
  expect(partners.groupsWith(cyd)).toBe(3)
  ran += 70_000
  expect(partners.groupsWith(cyd)).toBe(1)
})
