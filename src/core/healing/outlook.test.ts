import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chanceOfEnough, dayUptimeOf, outlookOf, survivesPercent, type ReliedPiece } from './outlook.ts'

const piece = (index: number, person: string, fields: Partial<ReliedPiece> = {}): ReliedPiece => ({
  index,
  person,
  uptime: 0.5,
  provenAt: 100,
  ...fields,
})
const pieces = (count: number, fields: Partial<ReliedPiece> = {}) => Array.from({ length: count }, (_, at) => piece(at, `p${at}`, fields))

/** Goes through every way in which the events may turn out: the naive twin of `chanceOfEnough`. */
function bruteChance(chances: readonly number[], k: number): number {
  let sum = 0
  for (let set = 0; set < 2 ** chances.length; set++) {
    const happens = chances.map((_, at) => (set & (1 << at)) !== 0)
    if (happens.filter(Boolean).length < k) continue
    sum += chances.reduce((product, chance, at) => product * (happens[at] === true ? chance : 1 - chance), 1)
  }
  return sum
}

describe('outlook', () => {
  it('[HTH6] the chance of at least k is that of all ways in which at least k are there', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 }), fc.integer({ min: 0, max: 10 }), (chances, k) => {
        return Math.abs(chanceOfEnough(chances, k) - bruteChance(chances, k)) < 1e-9
      }),
    )
  })

  it('[HTH6] eight people who are there half of the time have two pieces there 24 times in 25', () => {
    // 1 - (1 + 8) / 256.
    expect(outlookOf([pieces(8)], 2)).toEqual({ nowPercent: 96, dayPercent: 99, survivesPercent: 10, provenAt: 100 })
    expect(outlookOf([pieces(8, { uptime: 1 })], 2)).toMatchObject({ nowPercent: 100, dayPercent: 100 })
  })

  it('[PRS6] who is away for hours comes back within a day, who is away for weeks hardly, and who was not seen is not expected', () => {
    const hour = 3_600_000
    const half = (hours: number) => dayUptimeOf({ uptime: 0.5, meanAbsenceMs: hours * hour })
    expect(half(4)).toBeCloseTo(1 - 0.5 * Math.exp(-6))
    expect(half(24)).toBeCloseTo(1 - 0.5 * Math.exp(-1))
    expect(half(480)).toBeCloseTo(1 - 0.5 * Math.exp(-0.05))
    expect(dayUptimeOf({ uptime: 0.33 })).toBeCloseTo(1 - 0.67 * Math.exp(-1))
    expect([dayUptimeOf({ uptime: 0, meanAbsenceMs: 1 }), dayUptimeOf({ uptime: 1, meanAbsenceMs: 480 * hour })]).toEqual([0, 1])
  })

  it('[HTH6] a person with all pieces is one person, and a piece that two keep is one piece', () => {
    const alone = Array.from({ length: 8 }, (_, index) => piece(index, 'ada', { uptime: 0.9 }))
    expect(outlookOf([alone], 2)).toMatchObject({ nowPercent: 0, dayPercent: 0, survivesPercent: 0 })
    const copies = ['ada', 'bo', 'cleo'].map((person) => piece(0, person))
    expect(outlookOf([copies], 2)).toMatchObject({ nowPercent: 0, survivesPercent: 0 })
    // The one who is there most stands for the piece.
    expect(outlookOf([[piece(0, 'ada', { uptime: 0.2 }), piece(0, 'bo', { uptime: 0.8 })]], 1).nowPercent).toBe(80)
  })

  it('[HTH6] [HTH7] every figure is that of the worst segment, and nothing is expected of what was not begun', () => {
    const figures = outlookOf([pieces(8), pieces(4, { provenAt: 7 })], 2)
    expect(figures).toMatchObject({ ...outlookOf([pieces(4)], 2), provenAt: 7 })
    expect(outlookOf([pieces(8), []], 2)).toMatchObject({ nowPercent: 0, dayPercent: 0, survivesPercent: 0 })
    expect(outlookOf([], 2)).toEqual({ nowPercent: 0, dayPercent: 0, survivesPercent: 0 })
  })

  it('[HTH7] what may be lost at once follows from pieces and k, at one in a million', () => {
    expect([survivesPercent(8, 2), survivesPercent(15, 3), survivesPercent(24, 6), survivesPercent(32, 8)]).toEqual([10, 25, 30, 35])
    expect([survivesPercent(1, 2), survivesPercent(2, 2), survivesPercent(255, 8)]).toEqual([0, 0, 89])
  })

  it('[HTH7] with one percent more the loss is likelier than that', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 }), (known, k) => {
        const share = survivesPercent(known, k) / 100
        const loss = (lost: number) =>
          1 -
          chanceOfEnough(
            Array.from({ length: known }, () => 1 - lost),
            k,
          )
        return (share === 0 || loss(share) < 2e-6) && (share === 0.99 || loss(share + 0.01) > 0.5e-6)
      }),
    )
  })
})
