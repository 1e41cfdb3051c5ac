import { expect, test } from 'vitest'
import { createLimitWatch } from './read-limit.ts'

test('what holds a read back is shown after ten seconds, and no longer than it does', () => {
  const watch = createLimitWatch()
  for (let now = 0; now <= 9_900; now += 100) watch.note('line', now)
  expect(watch.shown(9_900)).toBe(undefined)
  watch.note(undefined, 10_000)
  watch.note('line', 10_100)
  expect(watch.shown(10_100)).toBe('line')
  expect(watch.shown(13_200)).toBe(undefined)
})

test('another reason, or a pause, begins anew', () => {
  const watch = createLimitWatch()
  for (let now = 0; now <= 12_000; now += 500) watch.note('line', now)
  watch.note('holders', 12_500)
  expect(watch.shown(12_500)).toBe(undefined)
  for (let now = 16_000; now <= 25_500; now += 500) watch.note('holders', now)
  expect(watch.shown(25_500)).toBe(undefined)
  for (let now = 26_000; now <= 26_000; now += 500) watch.note('holders', now)
  expect(watch.shown(26_000)).toBe('holders')
})
