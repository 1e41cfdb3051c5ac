import { expect, test } from 'vitest'
import { defaultPolicy, isNarrow } from './policy.ts'
import { afterLook, isRecodingDue, isRecodingVain, type Narrowness } from './recoding.ts'

const LOST_MS = 172_800_000
const WEEK_MS = 604_800_000

test('[RCD1] of the rows of the default table those are small whose n is at most two thirds of what today gives', () => {
  const ns = defaultPolicy.code.map(({ n }) => n)
  const small = ns.map((n) => ns.filter((today) => isNarrow({ n }, { n: today })))
  expect(ns).toEqual([8, 15, 20, 24, 32])
  expect(small).toEqual([[15, 20, 24, 32], [24, 32], [32], [], []])
  expect(isNarrow({ n: 8 }, undefined)).toBe(false)
})

test('[RCD1] n has to be small for 3.5 lostAfterMs, a week by default', () => {
  expect([1, 0].map((less) => isRecodingDue(0, WEEK_MS - less, LOST_MS))).toEqual([false, true])
  expect(isRecodingDue(undefined, WEEK_MS, LOST_MS)).toBe(false)
})

test('[RCD1] one look that finds fewer people changes nothing, two in a row begin the time anew', () => {
  const looks = ['narrow', 'wide enough', 'narrow', 'wide enough', 'wide enough', 'narrow'] as const
  let known: Narrowness = { since: undefined, looksInVain: 0 }
  const since = looks.map((found, at) => (known = afterLook(known, found, 1_000 + at)).since)
  expect(since).toEqual([1_000, 1_000, 1_000, 1_000, undefined, 1_005])
})

test('[RCD1] a date that a clock ahead has written counts from now on', () => {
  expect(afterLook({ since: 5_000, looksInVain: 0 }, 'narrow', 1_000).since).toBe(1_000)
})

test('[RCD6] a re-coding is in vain after a week without a move, of which the device has tried for half a day', () => {
  const halfDay = LOST_MS / 4
  expect(isRecodingVain(0, WEEK_MS, halfDay, LOST_MS)).toBe(true)
  expect(isRecodingVain(0, WEEK_MS - 1, halfDay, LOST_MS)).toBe(false)
  expect(isRecodingVain(0, WEEK_MS, halfDay - 1, LOST_MS)).toBe(false)
})
