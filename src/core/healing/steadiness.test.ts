import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultPolicy, gradeOf } from '../policy.ts'
import { areSteady, isSteady, steadinessOf, type Keeper } from './steadiness.ts'

/** Returns people who keep a piece each, known to be there for these shares of the time. */
function known(...uptimes: readonly number[]): Keeper[] {
  return uptimes.map((uptime, at) => ({ person: `known ${at}`, uptime, isNew: false }))
}

/** Returns people of a first day. */
function fresh(count: number, uptime = 0.33): Keeper[] {
  return Array.from({ length: count }, (_, at) => ({ person: `new ${at}`, uptime, isNew: true }))
}

const times = (count: number, uptime: number): number[] => Array<number>(count).fill(uptime)

describe('steadiness', () => {
  it.each([
    ['eight of a first day', fresh(8), 2, 'unknown'],
    ['fifteen of a first day', fresh(15), 3, 'enough'],
    ['twenty-four of a first day', fresh(24), 6, 'unknown'],
    ['eight who are always there', known(...times(8, 1)), 2, 'high'],
    ['eight with 2.5 k', known(...times(8, 0.625)), 2, 'high'],
    ['eight with less', known(...times(8, 0.62)), 2, 'enough'],
    ['eight with 1.5 k', known(...times(8, 0.375)), 2, 'enough'],
    ['eight with less than that', known(...times(8, 0.37)), 2, 'low'],
    ['eight with k', known(...times(8, 0.25)), 2, 'low'],
    ['eight with less than k', known(...times(8, 0.24)), 2, 'too low'],
    ['newcomers who would be enough beside those who are away', [...known(...times(5, 0.01)), ...fresh(3)], 2, 'unknown'],
    ['newcomers who would not be', [...known(...times(6, 0.01)), ...fresh(2)], 2, 'too low'],
    ['newcomers who were not seen for a day', [...known(1), ...fresh(7, 0)], 2, 'too low'],
    ['nobody', [], 2, 'too low'],
  ] as const)('[HTH9] of %s', (_is, keepers, k, steadiness) => {
    expect(steadinessOf([keepers], k)).toBe(steadiness)
  })

  it('[HTH9] is that of the worst segment, counts a person once in each, and is too low without any', () => {
    const [steady, rare] = [known(...times(8, 1)), known(...times(8, 0.3))]
    expect(steadinessOf([steady, rare, steady], 2)).toBe('low')
    expect(steadinessOf([steady, fresh(8), steady], 2)).toBe('unknown')
    expect(steadinessOf([steady, []], 2)).toBe('too low')
    const [one = { person: '', uptime: 0, isNew: false }] = steady
    expect(steadinessOf([times(8, 1).map(() => one)], 2)).toBe('too low')
    expect(steadinessOf([], 2)).toBe('too low')
  })

  it('[POL6] [HTH9] another person, or one who is there more often, never makes a grade worse', () => {
    const uptime = fc.integer({ min: 0, max: 64 }).map((part) => part / 64)
    const keeper = fc.record({ uptime, isNew: fc.boolean() })
    const row = fc.constantFrom(...defaultPolicy.code)
    const rank = (k: number, n: number, keepers: readonly Omit<Keeper, 'person'>[]): number =>
      ['Fragile', 'Protected', 'Strong'].indexOf(
        gradeOf(k, n, steadinessOf([keepers.map((each, at) => ({ person: `${at}`, ...each }))], k)),
      )
    fc.assert(
      fc.property(row, fc.array(keeper, { minLength: 1, maxLength: 40 }), keeper, fc.nat(), ({ k, n }, keepers, another, at) => {
        const before = rank(k, n, keepers)
        const place = at % keepers.length
        const one = keepers[place] ?? another
        const raised = keepers.with(place, { ...one, uptime: Math.max(one.uptime, another.uptime) })
        return rank(k, n, [...keepers, another]) >= before && rank(k, n, raised) >= before
      }),
    )
  })

  it('[POL5] [HTH9] people whom the row takes for steady are so once they keep it', () => {
    const uptimes = fc.array(
      fc.integer({ min: 0, max: 64 }).map((part) => part / 64),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(uptimes, fc.integer({ min: 2, max: 8 }), (all, k) => isSteady(steadinessOf([known(...all)], k)) === areSteady(all, k)),
    )
  })
})
