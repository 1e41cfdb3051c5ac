import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultPolicy } from '../../core/policy.ts'
import { isProblem, parsePopulation } from '../population.ts'
import type { SimResult } from '../result.ts'
import { runModel } from './run-model.ts'

const mixed = JSON.parse(readFileSync(new URL('../mixed-300.json', import.meta.url), 'utf8')) as { classes: { name: string }[] }

/** Returns `count` people of a class of the mixture of 300, whose zones differ by so many hours to either side. */
function some(count: number, name: string, zone: number): object {
  return { ...mixed.classes.find((each) => each.name === name), count, zone }
}

/** The README has two years of each, with 30 files and two seeds. Phones are the ones that lose files. */
const populations = {
  '5 pinned pages, one country': [some(5, 'pinned', 0)],
  '2 homes and 10 pinned pages, one country': [some(2, 'home', 0), some(10, 'pinned', 0)],
  '20 casual pages, all zones': [some(20, 'casual', 12)],
  '30 pinned pages, one country': [some(30, 'pinned', 0)],
  '2 homes, 18 pinned and 40 casual pages, zones 6 hours apart': [some(2, 'home', 6), some(18, 'pinned', 6), some(40, 'casual', 6)],
  '400 casual pages, all zones': [some(400, 'casual', 12)],
  '6 homes, 34 pinned and 80 casual pages, one country': [some(6, 'home', 0), some(34, 'pinned', 0), some(80, 'casual', 0)],
  'a mixture of 400, all zones': [
    some(8, 'home', 12),
    some(80, 'pinned', 12),
    some(32, 'pinned overnight', 12),
    some(200, 'casual', 12),
    some(80, 'phones', 12),
  ],
  '60 phones, zones 6 hours apart': [some(60, 'phones', 6)],
  '15 phones, zones 6 hours apart': [some(15, 'phones', 6)],
}

/** Returns what came of ten files with these people. */
function live(classes: readonly object[], days: number, events: readonly object[] = []): SimResult {
  const population = parsePopulation({ classes, files: { count: 10, bytes: 15_000_000, fill: 0.3 }, events })
  if (isProblem(population)) throw new Error(`${population.key}: ${population.reason}`)
  return runModel({ population, policy: defaultPolicy, seed: 1, days, without: new Set() })
}

test.each(Object.entries(populations))(
  '[POL5] [POL6] [HTH9] nothing that was called more than Fragile is lost within a week, and what is Strong can be read: %s',
  (_name, classes) => {
    const { said } = live(classes, 90)
    expect(said?.broken).toBe(0)
    if ((said?.isStrong ?? 0) > 0) expect(said?.readableWhenStrong).toBeGreaterThanOrEqual(0.99)
    expect(said?.noticeDays).toBeGreaterThanOrEqual(7)
  },
)

test.each([15, 60])('[HTH9] the rows of what %i phones lose in two years had said that it is Fragile, and why, for a week', (count) => {
  const { said, lost } = live([some(count, 'phones', 6)], 730)
  expect(lost).toBeGreaterThan(0)
  expect(said?.noticeDays).toBeGreaterThanOrEqual(7)
  expect(said?.noticeDays).toBeLessThan(730)
})

test('what a night takes from everybody was not said before', () => {
  const { said, lost } = live([some(8, 'home', 0), some(40, 'pinned', 0)], 40, [{ day: 20, is: 'wipe', share: 1 }])
  expect([lost > 0, said?.broken === lost, said?.noticeDays]).toEqual([true, true, 0])
})
