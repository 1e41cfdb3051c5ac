import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { ranks, type Rank, type RollHolder } from './roll.ts'
import { roomFor, type RollBounds } from './room-for.ts'
import { createRolls } from './rolls.ts'

const groupId = brandBytes<GroupId>(new Uint8Array(32).fill(1))
const segmentId = brandBytes<SegmentId>(new Uint8Array(32).fill(2))
const peer = (name: string | number) => `peer ${name}` as PeerId
const self = peer('self')
const MIB = 1024 * 1024

interface Told {
  readonly teller: number
  readonly holder: number
  readonly seq: number
  readonly bytes: number
  /** The teller placed something of the group. */
  readonly isPlacers: boolean
  readonly isChecked: boolean
}

/** A holder's taking of what is told, without a disk. */
function createTaking(lostSince: RollBounds['lostSince'] = () => undefined) {
  const roll = createRolls().of(groupId)
  roll.put({ holder: self, seq: 1, takenAt: 0, rows: [{ segmentId, index: 0 }], bytes: 200 })
  let now = 0
  return {
    roll,
    take({ teller, holder, seq, bytes, isPlacers, isChecked }: Told): 'put' | 'old' | 'no room' {
      now++
      const known = roll.find(peer(holder))
      if (known && known.seq >= seq) return 'old'
      const own: Rank = teller === holder ? ranks.holder : ranks.hearsay
      const rank = isPlacers ? ranks.placer : own
      const telling = { teller: peer(teller), rank, isPlacers }
      const out = roomFor(roll, { holder: peer(holder), telling, bytes, isChecked }, { self, bytes: MIB, lostSince })
      if (!out) return 'no room'
      for (const other of out) roll.drop(other)
      const before = known?.telling?.rank ?? ranks.hearsay
      const best = rank > before ? rank : before
      roll.put({
        holder: peer(holder),
        seq,
        takenAt: now * 1000,
        rows: [{ segmentId, index: 1 }],
        telling: { ...telling, rank: best },
        bytes,
      })
      if (isChecked) roll.noteChecked(peer(holder), now * 1000, segmentId)
      return 'put'
    },
  }
}

const told = fc.record({
  teller: fc.nat(20),
  holder: fc.nat(600),
  seq: fc.nat(1000),
  bytes: fc.integer({ min: 150, max: 20_000 }),
  isPlacers: fc.boolean(),
  isChecked: fc.nat(3).map((one) => one === 0),
})

describe('[GRO4] room in the roll of a group', () => {
  it('for 10,000 claims of anybody: bounds hold, the newest wins, and unchecked people never displace checked ones', () => {
    fc.assert(
      fc.property(fc.array(told, { minLength: 1000, maxLength: 1000 }), (all) => {
        const lost = (holder: RollHolder) => (Number(holder.holder.slice(5)) % 3 === 0 ? holder.takenAt : undefined)
        const { roll, take } = createTaking(lost)
        let isRight = true
        for (const each of all) {
          // Only few of the tellers placed anything.
          const one = { ...each, isPlacers: each.isPlacers && each.teller < 3 }
          const before = roll.all()
          const known = roll.find(peer(one.holder))
          const result = take(one)
          const after = new Map(roll.all().map((holder) => [holder.holder, holder]))
          const gone = before.filter(({ holder }) => !after.has(holder))
          const isChecked = one.isChecked || known?.isChecked === true
          isRight &&= gone.every((holder) => !holder.isChecked || (isChecked && lost(holder) !== undefined))
          isRight &&= (after.get(peer(one.holder))?.seq ?? one.seq) >= Math.max(known?.seq ?? 0, result === 'put' ? one.seq : 0)
          isRight &&= result !== 'put' || after.get(peer(one.holder))?.seq === one.seq
          isRight &&= after.size <= 256 && after.has(self)
          isRight &&= [...after.values()].reduce((sum, { bytes }) => sum + bytes, 0) <= MIB
          const hearsay = [...after.values()].filter((holder) => !holder.isChecked && holder.telling?.rank === ranks.hearsay)
          const tellers = hearsay.map(({ telling }) => telling?.teller)
          isRight &&= [...new Set(tellers)].every((teller) => tellers.filter((other) => other === teller).length <= 32)
        }
        return isRight
      }),
      { numRuns: 10 },
    )
  })

  const fill = (take: (one: Told) => string, count: number, of: Partial<Told> = {}) => {
    for (let at = 0; at < count; at++) {
      take({ teller: 1000 + at, holder: 1000 + at, seq: 1, bytes: 200, isPlacers: false, isChecked: false, ...of })
    }
  }
  const newcomer = { teller: 1, holder: 2, seq: 1, bytes: 200, isPlacers: false, isChecked: false }

  it('is for 32 unchecked people of one teller, and for any number of them once they are checked', () => {
    const { roll, take } = createTaking()
    const results = Array.from({ length: 40 }, (_, at) => take({ ...newcomer, holder: 100 + at }))
    expect(results.filter((result) => result === 'put')).toHaveLength(32)
    for (let at = 0; at < 32; at++) roll.noteChecked(peer(100 + at), 5000, segmentId)
    expect(take({ ...newcomer, holder: 150 })).toBe('put')
  })

  it('is made for a checked newcomer by those given up longest, whoever tells', () => {
    const lostSince = ({ holder }: RollHolder) => ({ [peer(1007)]: 20, [peer(1003)]: 10 })[holder]
    const { roll, take } = createTaking(lostSince)
    fill(take, 255, { isChecked: true })
    expect(take(newcomer)).toBe('no room')
    expect(take({ ...newcomer, teller: 2 })).toBe('no room')
    expect(take({ ...newcomer, isPlacers: true })).toBe('no room')
    expect(take({ ...newcomer, isChecked: true })).toBe('put')
    expect([roll.find(peer(1003)), roll.find(peer(1007))?.seq]).toEqual([undefined, 1])
    expect(take({ ...newcomer, holder: 3, isChecked: true })).toBe('put')
    expect(roll.find(peer(1007))).toBeUndefined()
    // Nobody else is given up: those who are checked and there stay.
    expect(take({ ...newcomer, holder: 4, isChecked: true })).toBe('no room')
  })

  it('is made for a checked newcomer by unchecked people, hearsay first, when nobody is given up', () => {
    const { roll, take } = createTaking()
    fill(take, 254, { isPlacers: true })
    take({ ...newcomer, holder: 7 })
    expect(take({ ...newcomer, holder: 3, isChecked: true })).toBe('put')
    expect([roll.find(peer(7)), roll.holders().length]).toEqual([undefined, 256])
    expect(take({ ...newcomer, holder: 4, isChecked: true })).toBe('put')
    expect(roll.find(peer(1000))).toBeUndefined()
  })
})
