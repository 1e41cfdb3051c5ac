import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brandBytes, type GroupId, type SegmentId } from '../ids.ts'
import { peerIdOf } from '../peer-id.ts'
import vectors from '../vectors/repair.json'
import type { Standing } from './evidence.ts'
import { givesWay, indicesToMake, isSurplus, newHolders, repairDraw, type RepairCandidate } from './new-pieces.ts'

const person = (number: number) => peerIdOf(new Uint8Array(32).fill(number))
const group = (fill: number) => brandBytes<GroupId>(new Uint8Array(32).fill(fill))
const segmentId = brandBytes<SegmentId>(new Uint8Array(32).fill(5))
const caps = { perNetwork: 0.25, perEngine: 1 }
const piece = (index: number, standing: Standing = 'proven', fields: { isLost?: boolean; lastSeenAt?: number } = {}) => ({
  index,
  standing,
  isLost: false,
  lastSeenAt: 0,
  ...fields,
})
const candidate = (number: number, fields: Partial<RepairCandidate> = {}): RepairCandidate => ({
  peer: person(number),
  weight: 0.5,
  domain: String(number),
  engine: 'x',
  isInSet: false,
  isNewcomer: false,
  ...fields,
})

describe('new pieces', () => {
  it('[RPR7] never used, then given up, then silent longest', () => {
    const rows = [
      piece(0),
      piece(1, 'told'),
      piece(2, 'proven', { isLost: true, lastSeenAt: 9 }),
      piece(3, 'proven', { isLost: true, lastSeenAt: 7 }),
      piece(4, 'gone', { lastSeenAt: 99 }),
      piece(5, 'stale', { lastSeenAt: 8 }),
    ]
    expect(indicesToMake(8, rows)).toEqual([6, 7, 4, 3, 5, 2])
  })

  it('[RPR7] of two people who had an index, the one seen last decides, and one who has it keeps it', () => {
    const lost = (index: number, lastSeenAt: number) => piece(index, 'proven', { isLost: true, lastSeenAt })
    expect(indicesToMake(2, [lost(0, 1), lost(0, 9), lost(1, 5)])).toEqual([1, 0])
    expect(indicesToMake(2, [lost(0, 1), piece(0), piece(1, 'gone'), lost(1, 5)])).toEqual([1])
    expect(indicesToMake(2, [piece(200)])).toEqual([0, 1])
  })

  it('[RPR7] what counts is never made again, and everything else can be', () => {
    const row = fc.record({
      index: fc.nat(40),
      standing: fc.constantFrom<Standing>('proven', 'told', 'stale', 'gone'),
      isLost: fc.boolean(),
      lastSeenAt: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 80 }), (rows) => {
        const counting = new Set(
          rows.filter(({ standing, isLost }) => !isLost && (standing === 'proven' || standing === 'told')).map(({ index }) => index),
        )
        const indices = indicesToMake(30, rows)
        const rest = Array.from({ length: 30 }, (_, index) => index).filter((index) => !counting.has(index))
        return JSON.stringify(indices.toSorted((a, b) => a - b)) === JSON.stringify(rest)
      }),
    )
  })

  it.each(vectors.draws)('[RPR9] the draw of $peer for a group', ({ groupFill, peer, draw }) => {
    expect(repairDraw(group(groupFill), person(peer))).toBe(draw)
  })

  it('[RPR9] guardians who do not know of each other choose the same people', () => {
    const people = Array.from({ length: 40 }, (_, number) => candidate(number + 1))
    const here = newHolders(people, group(1), 24, caps, []).slice(0, 6)
    const there = newHolders(people.toReversed().slice(3), group(1), 24, caps, []).slice(0, 6)
    expect(here.filter((peer) => there.includes(peer)).length).toBeGreaterThanOrEqual(5)
    expect(newHolders(people, group(2), 24, caps, []).slice(0, 6)).not.toEqual(here)
  })

  it('[RPR9] people of the group come first, crowds last', () => {
    const people = [candidate(1), candidate(2, { isInSet: true, weight: 0.01 }), candidate(3, { isInSet: true, domain: 'crowd' })]
    const keeping = Array.from({ length: 6 }, () => ({ domain: 'crowd', engine: 'x', isNewcomer: false }))
    expect(newHolders(people, group(1), 24, caps, keeping)).toEqual([person(2), person(1), person(3)])
  })

  it('[RPR10] of those who keep one index all but one give way, to an index that nobody keeps', () => {
    const keepers = [1, 2, 3].map((number) => ({ ...piece(0), peer: person(number) }))
    const rows = [...keepers, { ...piece(1), peer: person(4) }]
    const giving = keepers.filter(({ peer }) => givesWay(peer, 0, 7, segmentId, rows))
    expect(giving.length).toBe(2)
    expect(keepers.some(({ peer }) => givesWay(peer, 0, 1, segmentId, rows))).toBe(false)
    expect(keepers.some(({ peer }) => givesWay(peer, 0, 0, segmentId, rows))).toBe(false)
    expect(givesWay(person(4), 1, 7, segmentId, rows)).toBe(false)
  })

  it('[RPR10] nobody gives way to the word of somebody lost or unproven', () => {
    const [ada = { ...piece(0), peer: person(1) }, bob = ada] = [1, 2].map((number) => ({ ...piece(0), peer: person(number) }))
    for (const other of [
      { ...bob, isLost: true },
      { ...bob, standing: 'told' as const },
    ]) {
      const both = [givesWay(ada.peer, 0, 7, segmentId, [ada, other]), givesWay(bob.peer, 0, 7, segmentId, [ada, other])]
      expect(both.filter(Boolean).length).toBeLessThanOrEqual(1)
      expect(givesWay(ada.peer, 0, 7, segmentId, [ada, other])).toBe(false)
    }
  })
})

describe('surplus', () => {
  const kept = (number: number, index: number) => ({ ...piece(index), peer: person(number), toldAt: 100 })
  const dropping = (rows: readonly ReturnType<typeof kept>[], n: number) =>
    rows.filter(({ peer, index }) => isSurplus(peer, index, { segmentId, n }, rows, 100))

  it('[RPR15] when all who know the same drop at once, n different pieces remain, each once', () => {
    const rows = Array.from({ length: 12 }, (_, number) => kept(number + 1, number % 9))
    for (const n of [2, 4, 8, 9, 15]) {
      const gone = new Set(dropping(rows, n))
      const left = rows.filter((row) => !gone.has(row)).map(({ index }) => index)
      expect([left.length, new Set(left).size]).toEqual([Math.min(n, 9), Math.min(n, 9)])
    }
  })

  it('[RPR15] where each knows another part of the truth, n different pieces remain all the same', () => {
    const crowd = fc.array(fc.record({ index: fc.nat(9), knows: fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }) }), {
      minLength: 1,
      maxLength: 14,
    })
    fc.assert(
      fc.property(crowd, fc.integer({ min: 2, max: 9 }), (people, n) => {
        const rows = people.map(({ index }, number) => kept(number + 1, index))
        const left = people.flatMap(({ index, knows }, number) => {
          const known = rows.filter((_row, at) => knows[at])
          return isSurplus(person(number + 1), index, { segmentId, n }, known, 100) ? [] : [index]
        })
        return new Set(left).size >= Math.min(n, new Set(people.map(({ index }) => index)).size)
      }),
      { numRuns: 200 },
    )
  })

  it('[RPR15] people who are lost, unproven or told of lately make nobody drop anything', () => {
    const rows = Array.from({ length: 6 }, (_, number) => kept(number + 1, number))
    expect(dropping(rows, 4).length).toBe(2)
    const [first = kept(1, 0), ...others] = rows
    for (const changed of [{ isLost: true }, { standing: 'told' as const }, { standing: 'stale' as const }, { toldAt: 101 }]) {
      const known = [first, ...others.map((row) => ({ ...row, ...changed }))]
      expect(known.filter(({ peer, index }) => isSurplus(peer, index, { segmentId, n: 4 }, known, 100))).toEqual([])
    }
  })

  it('[RPR15] of a double the one that stays is the one that does not give way', () => {
    const rows = [kept(1, 3), kept(2, 3), kept(3, 3)]
    const giving = rows.filter(({ peer }) => givesWay(peer, 3, 7, segmentId, rows))
    expect(dropping(rows, 4)).toEqual(giving)
    expect(giving.length).toBe(2)
  })
})
