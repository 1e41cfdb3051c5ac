import { describe, expect, it } from 'vitest'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { createBackOff } from './back-off.ts'

const [near, far] = [1, 2].map((seed) => createDeviceSigner(new Uint8Array(32).fill(seed)).peerId)
if (near === undefined || far === undefined) throw new Error('two peers')
const ROUND_MS = 250

/**
 * Simulates a line of `capacity` bytes per second whose router holds two seconds of it, whose other users take `others`, and a sender that
 * has `wish` to send. Returns the measurements of each round.
 */
function simulate(
  rounds: number,
  line: (round: number) => { capacity: number; others?: number; wish?: number; farBusyMs?: number; ownBusyMs?: number },
) {
  const backOff = createBackOff()
  let [queueBytes, rate]: [number, number | undefined] = [0, undefined]
  backOff.noteIdle(near as never, 20, 0)
  backOff.noteIdle(far as never, 80, 0)
  return Array.from({ length: rounds }, (_, round) => {
    const { capacity, others = 0, wish = 10e6, farBusyMs = 0, ownBusyMs = 0 } = line(round)
    const sentRate = Math.min(wish, rate ?? Infinity)
    queueBytes = Math.max(0, Math.min(2 * capacity, queueBytes + ((sentRate + others - capacity) * ROUND_MS) / 1000))
    const queueMs = (queueBytes * 1000) / capacity
    const roundTrips = new Map([
      [near, 20 + queueMs + ownBusyMs],
      [far, 80 + queueMs + ownBusyMs + farBusyMs],
    ] as never) as ReadonlyMap<never, number>
    rate = backOff.after({ at: round * ROUND_MS, ms: ROUND_MS, roundTrips, awaited: new Map(), quiet: [], sentRate })
    return { queueMs, rate, sentRate }
  })
}

describe('[PAC3] the back-off', () => {
  it.each([200_000, 1_000_000, 5_000_000])('finds a way out of %i bytes per second, uses it, and keeps its queue short', (capacity) => {
    const seen = simulate(480, () => ({ capacity })).slice(240)
    expect(Math.max(...seen.map(({ queueMs }) => queueMs))).toBeLessThan(200)
    expect(mean(seen.map(({ sentRate }) => sentRate)) / capacity).toBeGreaterThan(0.9)
  })

  it('gives way when somebody else wants the line, and takes it back afterwards', () => {
    const capacity = 2_000_000
    const seen = simulate(1200, (round) => ({ capacity, others: round >= 400 && round < 800 ? 1_200_000 : 0 }))
    const [beside, after] = [seen.slice(600, 800), seen.slice(1000)]
    expect(Math.max(...beside.map(({ queueMs }) => queueMs))).toBeLessThan(200)
    expect(mean(beside.map(({ sentRate }) => sentRate)) / 800_000).toBeGreaterThan(0.9)
    expect(mean(after.map(({ sentRate }) => sentRate)) / capacity).toBeGreaterThan(0.9)
  })

  it('does not hold back for one holder that is busy, nor for a device that is busy now and then, where the line is not full', () => {
    const busy = simulate(200, (round) => ({ capacity: 20e6, farBusyMs: 2000, ownBusyMs: round % 4 === 0 ? 0 : 500 }))
    expect(busy.some(({ rate }) => rate !== undefined)).toBe(false)
  })

  it('takes no pulse that is still on a long way for a short round trip', () => {
    const backOff = createBackOff()
    backOff.noteIdle(far as never, 300, 0)
    const rates = Array.from({ length: 40 }, (_, round) => {
      const [ended, awaited] = round % 2 === 0 ? [[], [[far, 20]]] : [[[far, 305]], []]
      return backOff.after({
        at: round * ROUND_MS,
        ms: ROUND_MS,
        roundTrips: new Map(ended as never),
        awaited: new Map(awaited as never),
        quiet: [],
        sentRate: 1e6,
      })
    })
    expect(rates.every((rate) => rate === undefined)).toBe(true)
  })

  it('takes a pulse that has been on its way for long as a queue', () => {
    const backOff = createBackOff()
    backOff.noteIdle(far as never, 80, 0)
    const rates = Array.from({ length: 8 }, (_, round) =>
      backOff.after({
        at: round * ROUND_MS,
        ms: ROUND_MS,
        roundTrips: new Map(),
        awaited: new Map([[far, (round + 1) * ROUND_MS]] as never),
        quiet: [],
        sentRate: 1e6,
      }),
    )
    expect(rates.at(-1)).toBeLessThan(1e6)
  })

  it('ends a rate that it found by peers that get bulk as soon as one that gets none shows no queue, and keeps it where that one shows it too', () => {
    const rateAfter = (quietQueueMs: number): number | undefined => {
      const backOff = createBackOff()
      for (const peer of [near, far]) backOff.noteIdle(peer as never, 80, 0)
      let rate: number | undefined
      for (let round = 0; round < 24; round++) {
        const isHeard = round >= 20
        rate = backOff.after({
          at: round * ROUND_MS,
          ms: ROUND_MS,
          roundTrips: new Map([[far, 80 + 400], ...(isHeard ? [[near, 80 + quietQueueMs]] : [])] as never),
          awaited: new Map(),
          quiet: isHeard ? [near as never] : [],
          sentRate: rate ?? 1e6,
        })
        if (round === 19) expect(rate).toBeLessThan(700_000)
      }
      return rate
    }
    expect([rateAfter(0), rateAfter(300) ?? Infinity]).toEqual([undefined, expect.toSatisfy((rate: number) => rate < 700_000)])
  })

  it('lets go of a rate that is of no use any more', () => {
    const seen = simulate(800, (round) => ({ capacity: round < 200 ? 1e6 : 50e6 }))
    expect(seen[199]?.rate).toBeLessThan(1.5e6)
    expect(seen.at(-1)?.rate).toBe(undefined)
  })
})

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
