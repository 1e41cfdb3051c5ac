import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultPolicy, parsePolicy, type Policy } from '../../core/policy.ts'
import { isProblem, parsePopulation } from '../population.ts'
import type { SimResult } from '../result.ts'
import { runModel } from './run-model.ts'
import type { Without } from './swarm.ts'

const mixed = JSON.parse(readFileSync(new URL('../mixed-300.json', import.meta.url), 'utf8')) as { classes: object[] }
const DAYS_OF_MONTH = 365.25 / 12

interface Change {
  readonly files?: number
  readonly days?: number
  readonly policy?: Policy
  readonly without?: readonly Without[]
  readonly events?: readonly object[]
  readonly classes?: readonly object[]
}

/** Runs the mixture of 300 people with fewer files. */
function run({ files = 40, days = 60, policy = defaultPolicy, without = [], events = [], classes = mixed.classes }: Change): SimResult {
  const population = parsePopulation({ classes, files: { count: files, bytes: 15_000_000, fill: 0.3 }, events })
  if (isProblem(population)) throw new Error(`${population.key}: ${population.reason}`)
  return runModel({ population, policy, seed: 1, days, without: new Set(without) })
}

function perGbMonth({ repairBytes, storedBytes, days }: SimResult): number {
  return repairBytes / storedBytes / (days / DAYS_OF_MONTH)
}

describe('the model', () => {
  it('[RPR2] holders keep what their owners have left, at the price that is known', () => {
    const kept = run({})
    expect([kept.people, kept.segments, kept.code, kept.lost]).toEqual([300, 40, { k: 6, m: 19, n: 24 }, 0])
    expect(perGbMonth(kept)).toBeGreaterThan(0.6)
    expect(perGbMonth(kept)).toBeLessThan(2.4)
    expect(kept.unavailable).toBeLessThan(5e-4)
    expect(kept.leastKnown).toBeGreaterThan(10)
  })

  it('[POL6] [HTH9] says what owners are told: a mixture is promised and kept, people who are hardly ever there are not promised', () => {
    const { said } = run({ files: 20, days: 30 })
    expect((said?.isProtected ?? 0) + (said?.isStrong ?? 0)).toBeGreaterThan(0.95)
    expect([said?.broken, (said?.readableWhenStrong ?? 0) >= 0.99]).toEqual([0, true])
    const rare = { name: 'rare', count: 30, session: [1, 0.5], gap: [40, 0.5], lifeDays: 10_000, offerBytes: 10e9 }
    const hardly = run({ files: 5, days: 30, classes: [rare] })
    expect([hardly.code.n, hardly.said]).toEqual([
      8,
      { isProtected: 0, isStrong: 0, readableWhenStrong: NaN, broken: 0, noticeDays: Infinity },
    ])
  })

  it('[RPR2] without guardians everything fades', () => {
    const fading = run({ files: 20, days: 450, without: ['guardian'] })
    expect([fading.repairs, fading.repairBytes]).toEqual([0, 0])
    expect(fading.lost / fading.segments).toBeGreaterThan(0.5)
    const off = run({ days: 5, policy: parsePolicy({ guardian: { enabled: false } }) })
    expect(off.repairs).toBe(0)
  })

  it('[RPR12] nothing is fetched for pieces that nobody has room for', () => {
    const pinned = { name: 'pinned', count: 10, session: [10, 0.35], gap: [14, 0.5], lifeDays: 10_000, offerBytes: 10e9 }
    const small = { ...pinned, name: 'small', offerBytes: 1e6 }
    const policy = parsePolicy({ code: [{ holders: 3, k: 3, n: 15 }] })
    const full = run({ files: 5, days: 30, classes: [pinned, small], policy })
    expect([Math.round(full.meanKnown), full.repairs, full.repairBytes]).toEqual([10, 0, 0])
  })

  it('[PRS3] forgetting who comes back costs several times the traffic', () => {
    const policy = parsePolicy({ presence: { lostAfterMs: 4 * 3_600_000 } })
    const [counted, forgotten] = [run({ days: 20, policy }), run({ days: 20, policy, without: ['reintegration'] })]
    expect(counted.lost).toBe(0)
    expect(perGbMonth(forgotten)).toBeGreaterThan(4 * perGbMonth(counted))
  })

  it('[RPR2] a night that wipes a third, and a week without half of all, lose nothing', () => {
    const events = [
      { day: 20, is: 'wipe', share: 0.3 },
      { day: 60, is: 'away', share: 0.5, hours: 168 },
      { day: 80, is: 'join', class: 'casual', count: 20 },
    ]
    expect(run({ events, days: 90 }).lost).toBe(0)
  })

  it('[EVD6] liars are found out and get nothing more', () => {
    const liars = ['wrong-bytes', 'silent', 'empty', 'idle-guardian'].map((lie) => ({
      name: lie,
      count: 12,
      session: [20, 0.5],
      gap: [4, 0.5],
      lifeDays: 10_000,
      offerBytes: 10e9,
      lie,
    }))
    const [month, season] = [30, 90].map((days) => run({ days, classes: [...mixed.classes, ...liars] }))
    expect([month?.lost, season?.lost, season?.wrongBytes]).toEqual([0, 0, 0])
    expect(season?.liarsPlaced).toBe(month?.liarsPlaced)
  })

  it('another seed is another swarm', () => {
    const population = parsePopulation({ classes: mixed.classes, files: { count: 10, bytes: 15_000_000, fill: 0.3 } })
    if (isProblem(population)) throw new Error(population.reason)
    const [one, two] = [1, 2].map((seed) => runModel({ population, policy: defaultPolicy, seed, days: 10, without: new Set() }))
    expect(one?.repairBytes).not.toBe(two?.repairBytes)
  })
})
