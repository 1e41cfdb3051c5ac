import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createLookAround, type Reach } from './look-around.ts'

const HOUR_MS = 3_600_000

/** Returns looks at which `isMissing` people are missing, with the seconds and reach of each; each meets so many. */
function looking(isMissing: () => boolean, met: () => number = () => 1) {
  const clock = createVirtualClock()
  const closing = new AbortController()
  const looks: (readonly [number, Reach])[] = []
  const around = createLookAround(clock, isMissing, async (reach) => {
    looks.push([clock.ran() / 1000, reach])
    return met()
  })
  const over = around.run(closing.signal).catch(() => undefined)
  return {
    around,
    clock,
    looks,
    async close() {
      closing.abort()
      await over
    },
  }
}

test('[PEE4] people who are missing are looked for at intervals that double to an hour', async () => {
  const { clock, looks, close } = looking(() => true)
  await clock.advance(10 * HOUR_MS)
  await close()
  expect(looks.slice(0, 8).map(([seconds]) => seconds)).toEqual([0, 2, 6, 14, 30, 62, 126, 254])
  expect(looks.map(([, reach]) => reach).indexOf('near')).toBe(6)
  expect(looks.length).toBeLessThan(25)
})

test('[PEE4] while nobody is missing nobody is asked after the first minute, until something happens', async () => {
  let isMissing = false
  const { around, clock, looks, close } = looking(() => isMissing)
  await clock.advance(10 * HOUR_MS)
  expect(looks.at(-1)).toEqual([62, 'wide'])
  isMissing = true
  around.hurry()
  await clock.advance(4_000)
  await close()
  expect(looks.slice(6)).toEqual([
    [36_000, 'near'],
    [36_002, 'near'],
  ])
})

test('[PEE4] two looks that meet nobody are the last of the start, unless somebody is missing', async () => {
  const found = looking(
    () => false,
    () => 0,
  )
  const missing = looking(
    () => true,
    () => 0,
  )
  for (const { clock, close } of [found, missing]) {
    await clock.advance(60_000)
    await close()
  }
  expect([found.looks, missing.looks.length]).toEqual([
    [
      [0, 'wide'],
      [2, 'wide'],
    ],
    5,
  ])
})

test('[PEE4] work that waits for people has them looked for at once, and every two minutes', async () => {
  const { around, clock, looks, close } = looking(() => false)
  await clock.advance(10 * HOUR_MS)
  const before = looks.length
  const stop = around.seek()
  await clock.advance(1_000)
  expect(looks.slice(before)).toEqual([[36_000, 'wide']])
  await clock.advance(HOUR_MS)
  const sought = looks.length - before
  expect([sought >= 30, sought <= 40]).toEqual([true, true])
  stop()
  await clock.advance(2 * HOUR_MS)
  await close()
  expect(looks.length - before).toBe(sought)
})

test('[PEE4] somebody who comes and goes all the time has people looked for four times a minute', async () => {
  const { around, clock, looks, close } = looking(() => true)
  await clock.advance(HOUR_MS)
  const before = looks.length
  for (let ms = 0; ms < 60_000; ms += 500) {
    around.hurry()
    await clock.advance(500)
  }
  await close()
  expect(looks.length - before).toBeLessThanOrEqual(5)
})
