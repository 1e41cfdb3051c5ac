import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isProblem, parsePopulation } from './population.ts'

const someone = { name: 'a', count: 3, session: [1, 0.5], gap: [2, 0.5], lifeDays: 10, offerBytes: 1e9 }
const files = { count: 1, bytes: 1_000_000 }
const event = (fields: object) => ({ classes: [someone], files, events: [{ day: 1, ...fields }] })
const withClass = (fields: object) => ({ classes: [{ ...someone, ...fields }], files })

/** The key that is refused, or nothing. */
function refusedKey(json: unknown): string | undefined {
  const found = parsePopulation(json)
  return isProblem(found) ? found.key : undefined
}

describe('a population', () => {
  it('that comes with the project is 300 people', () => {
    const found = parsePopulation(JSON.parse(readFileSync(new URL('mixed-300.json', import.meta.url), 'utf8')))
    if (isProblem(found)) throw new Error(`${found.key}: ${found.reason}`)
    expect(found.classes.map(({ name, count }) => [name, count])).toEqual([
      ['home', 6],
      ['pinned', 60],
      ['pinned overnight', 24],
      ['casual', 150],
      ['phones', 60],
    ])
    expect(found.classes.map(({ leaveEarly, lifeDays, evictDays }) => [leaveEarly, lifeDays, evictDays])).toEqual([
      [0, 720, undefined],
      [0.2, 270, 365],
      [0.2, 270, 365],
      [0.5, 90, 120],
      [0.5, 120, 60],
    ])
    expect(found.files).toEqual({ count: 500, bytes: 15_000_000, fill: 0.3 })
  })

  it('takes what may be left out from what people are like', () => {
    const found = parsePopulation({ classes: [someone], files })
    expect(isProblem(found) ? found : found.classes[0]).toEqual({
      name: 'a',
      count: 3,
      session: { mean: 1, sigma: 0.5 },
      gap: { mean: 2, sigma: 0.5 },
      awake: [0, 24],
      zone: 0,
      leaveEarly: 0,
      lifeDays: 10,
      evictDays: undefined,
      offerBytes: 1e9,
      upBytesPerSecond: 125_000,
      engine: 'a',
      lie: undefined,
    })
  })

  it.each([
    ['nothing', undefined, 'population'],
    ['a list', [], 'population'],
    ['an unknown key', { ...withClass({}), people: 3 }, 'people'],
    ['an unknown key of a class', withClass({ uptime: 1 }), 'classes[0].uptime'],
    ['an unknown key of the files', { classes: [someone], files: { ...files, size: 1 } }, 'files.size'],
    ['an unknown key of an event', event({ is: 'wipe', share: 0.5, hours: 1 }), 'events[0].hours'],
    ['a negative share', withClass({ leaveEarly: -0.1 }), 'classes[0].leaveEarly'],
    ['a share above 1', event({ is: 'away', share: 1.5, hours: 1 }), 'events[0].share'],
    ['a class of nobody', withClass({ count: 0 }), 'classes[0].count'],
    ['half a person', withClass({ count: 1.5 }), 'classes[0].count'],
    ['a million people', withClass({ count: 1_000_000 }), 'classes[0].count'],
    ['a million people by and by', event({ is: 'join', class: 'a', count: 19_999 }), 'classes'],
    ['no classes', { classes: [], files }, 'classes'],
    ['a class twice', { classes: [someone, someone], files }, 'classes[1].name'],
    ['a time without sigma', withClass({ session: [1] }), 'classes[0].session'],
    ['no time at all', withClass({ gap: [0, 1] }), 'classes[0].gap[0]'],
    ['text for a number', withClass({ lifeDays: '10' }), 'classes[0].lifeDays'],
    ['a life of no days', withClass({ lifeDays: 0 }), 'classes[0].lifeDays'],
    ['a day that ends before it begins', withClass({ awake: [20, 8] }), 'classes[0].awake'],
    ['a lie that nobody knows', withClass({ lie: 'white' }), 'classes[0].lie'],
    ['files of nothing', { classes: [someone], files: { count: 0, bytes: 1 } }, 'files.count'],
    ['more than full', { classes: [someone], files: { ...files, fill: 1.1 } }, 'files.fill'],
    ['an event of no kind', event({ is: 'flood' }), 'events[0].is'],
    ['an event that is no object', { classes: [someone], files, events: [7] }, 'events[0].is'],
    ['people who join no class', event({ is: 'join', class: 'b', count: 1 }), 'events[0].class'],
    ['an absence without hours', event({ is: 'away', share: 1 }), 'events[0].hours'],
    ['not a number', withClass({ zone: Number.NaN }), 'classes[0].zone'],
  ])('with %s is refused by its key', (_name, json, key) => {
    expect(refusedKey(json)).toBe(key)
  })
})
