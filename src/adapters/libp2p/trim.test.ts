import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createVirtualClock } from '../memory/virtual-clock.ts'
import { createExchanges } from './channels/exchanges.ts'
import { chooseToEnd, type Line } from './trim.ts'

const NOW = 150_000

test('[USE1] while there is room nothing is ended, however idle', () => {
  expect(chooseToEnd([line({}), line({}), line({})], 3, NOW)).toEqual([])
})

test('[USE1] strangers that connect after others push none of them out, however many they are', () => {
  const early = [1, 2, 3].map((openedAt) => line({ openedAt }))
  const strangers = Array.from({ length: 40 }, (_, at) => line({ openedAt: 100 + at }))
  expect(without([...strangers, ...early], 4)).toEqual([strangers[0], ...early])
  // The wave of those that have just come does not end them either.
  const wave = Array.from({ length: 20 }, () => line({ openedAt: NOW - 1 }))
  expect(without([...wave, ...early], 3)).toEqual([...wave, ...early])
})

test('[USE1] a peer that exchanged shards stays, whenever it came and whatever the others do now', () => {
  const friend = line({ openedAt: 5_000, exchanged: 1_000_000 })
  const idle = Array.from({ length: 64 }, (_, at) => line({ openedAt: at }))
  expect(without([...idle, friend], 64)).toContain(friend)
  const busy = Array.from({ length: 200 }, (_, at) => line({ openedAt: at, exchanged: 70_000, isAtWork: true }))
  expect(without([...busy, friend], 64)).toContain(friend)
})

test('[USE1] newcomers and work under way are spared above the budget, but not without end', () => {
  const idle = Array.from({ length: 64 }, (_, at) => line({ openedAt: at }))
  const fresh = line({ openedAt: NOW - 1 })
  const working = line({ isAtWork: true, exchanged: 70_000 })
  const few = without([...idle, fresh, working], 64)
  expect(few).toHaveLength(65)
  expect(few).toEqual(expect.arrayContaining([fresh, working]))
  const flood = Array.from({ length: 500 }, () => line({ openedAt: NOW - 1 }))
  expect(without(flood, 64)).toHaveLength(96)
})

test('[USE1] a line that must stay stays, and never more lines end than are above the budget', () => {
  const lines = fc.array(
    fc.record({ openedAt: fc.nat({ max: NOW }), exchanged: fc.nat({ max: 1e9 }), isAtWork: fc.boolean(), isKept: fc.boolean() }),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 100 }), (all, budget) => {
      const ended = chooseToEnd(all, budget, NOW)
      return (
        ended.every((one) => !one.isKept) &&
        new Set(ended).size === ended.length &&
        all.length - ended.length >= Math.min(all.length, budget)
      )
    }),
  )
})

test('[USE2] trickles are no work, and what was exchanged fades', async () => {
  const clock = createVirtualClock()
  const exchanges = createExchanges(clock)
  for (let turn = 0; turn < 100; turn++) {
    exchanges.add('trickle', 200)
    await clock.advance(1_000)
  }
  expect(exchanges.isAtWork('trickle')).toBe(false)
  exchanges.add('friend', 1_000_000)
  expect(exchanges.isAtWork('friend')).toBe(true)
  expect(exchanges.of('friend')).toBeGreaterThan(exchanges.of('trickle'))
  await clock.advance(3_600_000)
  expect(exchanges.isAtWork('friend')).toBe(false)
  expect(exchanges.of('friend')).toBeCloseTo(500_000, 0)
})

test('[USE2] of ten thousand peers with little, none displaces the memory of one with much', () => {
  const exchanges = createExchanges(createVirtualClock())
  exchanges.add('friend', 1_000_000)
  for (let peer = 0; peer < 10_000; peer++) exchanges.add(`stranger ${peer}`, 100)
  expect(exchanges.of('friend')).toBe(1_000_000)
  expect(exchanges.of('stranger 0')).toBe(0)
})

function line(facts: Partial<Line>): Line {
  return { openedAt: 0, exchanged: 0, isAtWork: false, isKept: false, ...facts }
}

function without(all: readonly Line[], budget: number): Line[] {
  const ended = new Set(chooseToEnd(all, budget, NOW))
  return all.filter((one) => !ended.has(one))
}
