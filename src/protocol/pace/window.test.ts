import { expect, it } from 'vitest'
import { createVirtualClock, type VirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createWindow, type Window } from './window.ts'

const FRAME = 131_072
const [LEAST, MOST] = [FRAME / 4, 24 * FRAME]

/** Sends for `ms` through `window` over a path that carries `bytesPerMs` and answers after `delayMs`. Returns the bytes answered for. */
async function run(window: Window, clock: VirtualClock, path: { bytesPerMs: number; delayMs: number }, ms: number): Promise<number> {
  window.clear()
  const underWay: number[] = []
  let freeAt = clock.now()
  let answered = 0
  for (const end = clock.now() + ms; clock.now() < end; await clock.advance(1)) {
    while ((underWay[0] ?? Infinity) <= clock.now()) {
      underWay.shift()
      window.take(FRAME)
      answered += FRAME
    }
    while (window.fits(FRAME)) {
      window.add(FRAME)
      freeAt = Math.max(freeAt, clock.now()) + FRAME / path.bytesPerMs
      underWay.push(freeAt + path.delayMs)
    }
  }
  return answered
}

it('[STO3] begins with two of the shortest frames, and something may always be sent when nothing is under way', () => {
  const window = createWindow(createVirtualClock())
  expect([window.size, window.fits(LEAST), window.fits(LEAST + 1)]).toEqual([LEAST, true, true])
  window.add(1)
  expect([window.fits(LEAST - 1), window.fits(LEAST)]).toEqual([true, false])
  window.clear()
  expect(window.underWay).toBe(0)
})

it('[STO3] grows on a long fast path until the path is full, and never over 3 MiB', async () => {
  const clock = createVirtualClock()
  const window = createWindow(clock)
  await run(window, clock, { bytesPerMs: 12_500, delayMs: 100 }, 2000)
  // At 100 Mbit/s and 100 ms, 1.25 MB fill the path itself.
  expect(window.size).toBeGreaterThan(1_250_000)
  const answered = await run(window, clock, { bytesPerMs: 12_500, delayMs: 100 }, 10_000)
  expect(answered / 10_000).toBeGreaterThan(0.95 * 12_500)
  await run(window, clock, { bytesPerMs: 125_000, delayMs: 300 }, 40_000)
  expect(window.size).toBe(MOST)
})

it('[STO3] has the bytes of a tenth of a second where answers come at once', async () => {
  const clock = createVirtualClock()
  const window = createWindow(clock)
  await run(window, clock, { bytesPerMs: 10_000, delayMs: 1 }, 1000)
  expect(window.size).toBeGreaterThan(1_000_000)
  const slow = createWindow(clock)
  await run(slow, clock, { bytesPerMs: 200, delayMs: 1 }, 10_000)
  expect(slow.size).toBeLessThan(4 * FRAME)
})
