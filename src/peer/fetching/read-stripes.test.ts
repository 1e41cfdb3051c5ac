import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Line } from '../../adapters/memory/lines.ts'
import { createReading, type HolderOnLine } from '../../sim/readers.rig.ts'

const MIB = 1024 * 1024
/** Bytes per second of 1 Mbit/s. */
const MBIT = 125_000
const SLICE_BYTES = 262_144
const TRICKLE = 1024

interface Draw {
  readonly k: number
  readonly holders: number
  readonly downMbit: number
  readonly roundTripMs: number
  readonly upMbit: number
  readonly spread: readonly number[]
  readonly trouble: 'none' | 'one stalls' | 'two stall' | 'one lies' | 'one trickles'
}

/** Every decade is as likely as the next. */
const magnitude = (least: number, most: number): fc.Arbitrary<number> =>
  fc.noBias(fc.integer({ min: 0, max: 1000 })).map((x) => least * (most / least) ** (x / 1000))

const draws: fc.Arbitrary<Draw> = fc.record({
  k: fc.integer({ min: 2, max: 8 }),
  holders: fc.integer({ min: 2, max: 32 }),
  downMbit: magnitude(0.25, 1000),
  roundTripMs: magnitude(1, 400),
  upMbit: magnitude(0.25, 100),
  spread: fc.array(magnitude(0.25, 4), { minLength: 35, maxLength: 35 }),
  trouble: fc.constantFrom('none', 'one stalls', 'two stall', 'one lies', 'one trickles'),
})

test('[FET6] a read takes as long as the lines need, and little is fetched twice, whatever they are like and whoever fails', async () => {
  const isAsPromised = async (draw: Draw): Promise<boolean> => {
    const { holders, rate } = linesOf(draw)
    const reading = createReading({ k: draw.k, stripes: draw.k > 4 ? 1 : 2, line: lineOf(draw), holders })
    const wanted = Math.min(24 * MIB, Math.max(4 * MIB, 10 * rate))
    const passes = Math.max(1, Math.floor(wanted / reading.content.length))
    const size = passes * reading.content.length
    const { ms, isExact, mostBytes } = await reading.read(passes)
    const received = reading.sentBy().reduce((sum, bytes) => sum + bytes, 0)
    const isInTime = ms <= (1.15 * size * 1000) / rate + 6 * draw.roundTripMs + 1000
    return isExact && isInTime && received <= 1.05 * size + SLICE_BYTES && mostBytes <= 24 * MIB
  }
  await fc.assert(fc.asyncProperty(draws, isAsPromised), { seed: 11, numRuns: 50, endOnFailure: true })
})

test('[FET6] every holder is kept busy, in proportion to what its line carries', async () => {
  const ups = [1, 2, 3, 4, 5, 6, 7, 8]
  const reading = createReading({
    k: 2,
    stripes: 4,
    line: { up: 100 * MBIT, down: 1000 * MBIT, delayMs: 10 },
    holders: ups.map((up) => ({ up: up * MBIT, down: 100 * MBIT, delayMs: 10 })),
  })
  await reading.read(24)
  const sent = reading.sentBy()
  const total = sent.reduce((sum, bytes) => sum + bytes, 0)
  for (const [at, up] of ups.entries()) {
    const share = (sent[at] ?? 0) / total / (up / ups.reduce((sum, each) => sum + each))
    expect(share, `holder of ${up} Mbit/s`).toBeGreaterThan(0.75)
    expect(share, `holder of ${up} Mbit/s`).toBeLessThan(1.25)
  }
})

test('[FET6] a reader whose line changes from 50 to 1 Mbit/s and back goes on, and never stands still', async () => {
  const line = { up: 10 * MBIT, down: 50 * MBIT, delayMs: 10 }
  const reading = createReading({ k: 2, stripes: 4, line, holders: Array.from({ length: 8 }, () => ({ ...line, up: 10 * MBIT })) })
  const arrivals: number[] = []
  const { isExact, mostGapMs } = await reading.read(12, (pass) => {
    arrivals.push(pass)
    if (pass === 4) reading.lines.set(reading.reader, { ...line, down: MBIT })
    if (pass === 5) reading.lines.set(reading.reader, line)
  })
  expect(isExact).toBe(true)
  // A stripe of 512 KiB takes 4.2 s of the slow line, and what was asked for before some seconds more.
  expect(mostGapMs).toBeLessThan(5_000 + 2 * 4_200)
})

test('a read says after ten seconds whether its own line or those of its holders hold it back', async () => {
  const fast = { up: 10 * MBIT, down: 50 * MBIT, delayMs: 10 }
  const limitOf = async (line: Line, holder: Line): Promise<readonly (string | undefined)[]> => {
    const reading = createReading({ k: 2, stripes: 2, line, holders: Array.from({ length: 8 }, () => holder) })
    const limits: (string | undefined)[] = []
    await reading.read(12, () => limits.push(reading.limit()))
    return limits
  }
  const ownLine = await limitOf({ ...fast, down: 2 * MBIT }, fast)
  expect(ownLine[0]).toBe(undefined)
  expect(ownLine.at(-1)).toBe('line')
  const theirLines = await limitOf(fast, { ...fast, up: MBIT / 4 })
  expect(theirLines[0]).toBe(undefined)
  expect(theirLines.at(-2)).toBe('holders')
})

test('[FET7] a read goes on when all its holders change in the middle', async () => {
  const line = { up: 10 * MBIT, down: 20 * MBIT, delayMs: 10 }
  const reading = createReading({ k: 2, stripes: 4, line, holders: Array.from({ length: 8 }, () => line) })
  const dead = { up: 0, down: 0, delayMs: 10 }
  for (const peer of reading.holders.slice(4)) reading.lines.set(peer, dead)
  const { isExact, mostGapMs } = await reading.read(12, (pass) => {
    if (pass !== 5) return
    for (const [at, peer] of reading.holders.entries()) reading.lines.set(peer, at < 4 ? dead : line)
  })
  expect(isExact).toBe(true)
  expect(mostGapMs).toBeLessThan(5_000)
})

test('[FET7] a reader whose holders all stall waits, and takes what comes when they go on', async () => {
  const line = { up: 10 * MBIT, down: 20 * MBIT, delayMs: 10 }
  const reading = createReading({ k: 2, stripes: 4, line, holders: Array.from({ length: 3 }, () => line) })
  const { isExact } = await reading.read(6, (pass) => {
    if (pass !== 2) return
    for (const peer of reading.holders) reading.lines.set(peer, { ...line, up: 1 })
    void reading.clock.wait(60_000).then(() => reading.holders.forEach((peer) => reading.lines.set(peer, line)))
  })
  expect(isExact).toBe(true)
})

function lineOf({ downMbit, roundTripMs }: Draw): { up: number; down: number; delayMs: number } {
  return { up: 10 * MBIT, down: downMbit * MBIT, delayMs: roundTripMs / 4 }
}

/** Returns the holders of a draw, the troublesome ones first, since those keep slices of data, and the rate that is possible with the others. */
function linesOf({ k, holders, downMbit, roundTripMs, upMbit, spread, trouble }: Draw): { holders: HolderOnLine[]; rate: number } {
  const failing = trouble === 'none' ? 0 : trouble === 'two stall' ? 2 : 1
  const count = Math.min(32, Math.max(k + 1, holders) + failing)
  const made = Array.from({ length: count }, (_, at): HolderOnLine => {
    const line = { up: Math.max(0.25, upMbit * (spread[at] ?? 1)) * MBIT, down: 100 * MBIT, delayMs: roundTripMs / 4 }
    if (at >= failing) return line
    if (trouble === 'one trickles') return { ...line, up: TRICKLE }
    return { ...line, conduct: trouble === 'one lies' ? 'lies' : 'stalls' }
  })
  return { holders: made, rate: possibleRate(k, downMbit * MBIT, made) }
}

/** The most at which k different slices of every stripe can come: nobody gives more than one of them. */
function possibleRate(k: number, down: number, holders: readonly HolderOnLine[]): number {
  const ups = holders.map(({ up, conduct }) => (conduct === undefined ? up : 0))
  let [low, high] = [
    0,
    Math.min(
      down,
      ups.reduce((sum, up) => sum + up, 0),
    ),
  ]
  for (let round = 0; round < 60; round++) {
    const rate = (low + high) / 2
    if (ups.reduce((sum, up) => sum + Math.min(up, rate / k), 0) >= rate) low = rate
    else high = rate
  }
  return low
}
