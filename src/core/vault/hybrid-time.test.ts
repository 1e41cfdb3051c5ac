import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareTimes, MAX_AHEAD_MS, MAX_COUNT, MAX_TIME_MS, nextTime, notedTime, type HybridTime } from './hybrid-time.ts'

test('[VLT14] a time goes on from the newest known, also when the clock is behind', () => {
  expect(nextTime(5, undefined)).toEqual({ ms: 5, count: 0 })
  expect(nextTime(5, { ms: 4, count: 9 })).toEqual({ ms: 5, count: 0 })
  expect(nextTime(5, { ms: 5, count: 0 })).toEqual({ ms: 5, count: 1 })
  expect(nextTime(5, { ms: 9, count: 3 })).toEqual({ ms: 9, count: 4 })
  expect(nextTime(5, { ms: 9, count: MAX_COUNT })).toEqual({ ms: 10, count: 0 })
  expect(nextTime(5, { ms: 9, count: 3 }, { ms: 20, count: 1 }, { ms: 7, count: 0 })).toEqual({ ms: 20, count: 2 })
  expect(nextTime(5, { ms: MAX_TIME_MS, count: MAX_COUNT })).toEqual({ ms: MAX_TIME_MS, count: MAX_COUNT })
})

test('[VLT14] a clock that is ahead by more than a week moves nobody, and does not win against what replaces it', () => {
  const [now, last]: [number, HybridTime] = [1_000_000_000, { ms: 999_999_000, count: 3 }]
  const near = { ms: now + MAX_AHEAD_MS, count: 0 }
  const far = { ms: now + MAX_AHEAD_MS + 1, count: 0 }
  expect(notedTime(last, near, now)).toBe(near)
  expect(notedTime(last, far, now)).toBe(last)
  expect(notedTime(undefined, far, now)).toBe(undefined)
  expect(nextTime(now, notedTime(last, far, now))).toEqual({ ms: now, count: 0 })
  expect(compareTimes(nextTime(now, last, far), far)).toBeGreaterThan(0)
})

test('[VLT14] a new time is after all that it goes on from', () => {
  const time = fc.record({ ms: fc.nat(9), count: fc.nat(9) })
  fc.assert(
    fc.property(fc.nat(9), fc.option(time, { nil: undefined }), fc.array(time, { maxLength: 4 }), (now, last, replaced) => {
      const next = nextTime(now, last, ...replaced)
      return next.ms >= now && [last ?? { ms: -1, count: 0 }, ...replaced].every((other) => compareTimes(next, other) > 0)
    }),
  )
})
