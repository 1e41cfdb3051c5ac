import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultPolicy, placedTarget } from '../policy.ts'
import type { Standing } from './evidence.ts'
import { isOwnFault, knownOf, repairNeed, urgentBound, URGENT_BUDGET } from './repair-need.ts'

const code = { k: 6, m: 19, n: 24 }
const piece = (index: number, standing: Standing = 'proven', isLost = false) => ({ index, standing, isLost })
const pieces = (count: number, standing: Standing = 'proven') => Array.from({ length: count }, (_, index) => piece(index, standing))

describe('what a segment needs', () => {
  it('[RPR1] an index that two people keep counts once, and nothing counts of people who are lost', () => {
    expect(knownOf([piece(0), piece(0), piece(1, 'told'), piece(2, 'stale'), piece(3, 'gone'), piece(4, 'proven', true)])).toEqual({
      known: 2,
      proven: 1,
    })
  })

  it('[RPR2] below m it is filled up to n', () => {
    expect(repairNeed(knownOf(pieces(19)), code)).toBeUndefined()
    expect(repairNeed(knownOf(pieces(18)), code)).toEqual({ pieces: 6, isUrgent: false })
  })

  it('[RPR2] urgent is what is proven below k and a few', () => {
    expect(defaultPolicy.code.map(({ k, n }) => urgentBound({ k, m: placedTarget(k, n) }))).toEqual([4, 7, 8, 10, 12])
    expect(repairNeed(knownOf(pieces(10)), code)).toEqual({ pieces: 14, isUrgent: false })
    expect(repairNeed(knownOf(pieces(9)), code)).toEqual({ pieces: 15, isUrgent: true })
    expect(repairNeed({ known: 18, proven: 9 }, code)).toEqual({ pieces: 6, isUrgent: true })
    expect(repairNeed(knownOf(pieces(24, 'told')), code)).toBeUndefined()
    expect(repairNeed(knownOf(pieces(23, 'told')), code, true)).toEqual({ pieces: 1, isUrgent: false })
    expect(repairNeed(knownOf(pieces(24, 'told')), code, true)).toBeUndefined()
    expect(URGENT_BUDGET).toBe(4)
  })

  it('[RPR2] told pieces can put a repair off, never calm it', () => {
    const row = fc.record({
      index: fc.nat(30),
      standing: fc.constantFrom<Standing>('proven', 'told', 'stale', 'gone'),
      isLost: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.array(fc.nat(30), { maxLength: 30 }), (rows, told) => {
        const before = repairNeed(knownOf(rows), code)
        const after = repairNeed(knownOf([...rows, ...told.map((index) => piece(index, 'told'))]), code)
        return after === undefined || before === undefined ? after === undefined : after.isUrgent === before.isUrgent
      }),
    )
  })

  it('[RPR8] fewer than half of the expected answer: the fault is its own', () => {
    expect([isOwnFault(10, 4), isOwnFault(10, 5), isOwnFault(3, 1), isOwnFault(1, 0), isOwnFault(0, 0)]).toEqual([
      true,
      false,
      true,
      true,
      false,
    ])
  })
})
