import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agreedOffset, RIGHT_ENOUGH_MS } from './clock-agreement.ts'

const DAY_MS = 86_400_000
const offset = fc.oneof(
  fc.integer({ min: -30 * DAY_MS, max: 30 * DAY_MS }),
  fc.integer({ min: -900_000, max: 900_000 }),
  fc.integer({ min: -4 * DAY_MS, max: -4 * DAY_MS + 900_000 }),
)

describe('the clock', () => {
  it('[CLK1] is corrected by no fewer than three people, and by no more than each of a majority says', () => {
    fc.assert(
      fc.property(fc.array(offset, { maxLength: 9 }), (offsets) => {
        const by = agreedOffset(offsets)
        if (by === 0) return true
        const asFar = offsets.filter((each) => Math.sign(each) === Math.sign(by) && Math.abs(each) >= Math.abs(by))
        return Math.abs(by) > RIGHT_ENOUGH_MS && asFar.length >= 3 && 2 * asFar.length > offsets.length
      }),
    )
  })

  it('[CLK1] is never moved by liars while as many honest people find it right', () => {
    const honest = fc.array(fc.integer({ min: -60_000, max: 60_000 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(honest, fc.array(offset, { maxLength: 6 }), (right, others) => {
        const liars = others.slice(0, right.length)
        return agreedOffset([...liars, ...right]) === 0
      }),
    )
  })

  it('[CLK1] that is four days ahead or thirty behind follows three people who agree, and not two', () => {
    const ahead = [-4 * DAY_MS, -4 * DAY_MS + 2_000, -4 * DAY_MS - 900]
    expect(agreedOffset(ahead)).toBe(-4 * DAY_MS + 2_000)
    expect(agreedOffset(ahead.slice(1))).toBe(0)
    expect(agreedOffset([30 * DAY_MS, 30 * DAY_MS + 5, 30 * DAY_MS + 9])).toBe(30 * DAY_MS)
    expect(agreedOffset([-4 * DAY_MS, 0, 30 * DAY_MS])).toBe(0)
    expect(agreedOffset([RIGHT_ENOUGH_MS, RIGHT_ENOUGH_MS, RIGHT_ENOUGH_MS])).toBe(0)
    expect(agreedOffset([])).toBe(0)
  })
})
