import { expect, it } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createBucket, type Bucket } from './bucket.ts'

/** Lets `takers` take pieces one after the other for `ms`; returns the bytes that each taker got. */
async function drain(bucket: Bucket, clock: ReturnType<typeof createVirtualClock>, takers: number, ms: number): Promise<number[]> {
  const taken = Array.from({ length: takers }, () => 0)
  let isOver = false
  const work = taken.map(async (_, at) => {
    while (!isOver) {
      const piece = Math.min(131_072, bucket.pieceBytes())
      await bucket.take(piece)
      taken[at] = (taken[at] ?? 0) + (isOver ? 0 : piece)
    }
  })
  await clock.advance(ms)
  isOver = true
  await clock.advance(10_000)
  await Promise.all(work)
  return taken
}

it.each([50_000, 1_000_000, 50_000_000])('[PAC1] lets %i bytes per second through, and everybody the same share', async (rate) => {
  const clock = createVirtualClock()
  const bucket = createBucket(clock)
  bucket.setRate(rate)
  const taken = await drain(bucket, clock, 4, 20_000)
  const total = taken.reduce((sum, each) => sum + each, 0)
  expect(Math.abs(total / (20 * rate) - 1)).toBeLessThan(0.05)
  expect(Math.min(...taken) / Math.max(...taken)).toBeGreaterThan(0.9)
})

it('[PAC1] makes up for no idle time, and counts what does not wait', async () => {
  const clock = createVirtualClock()
  const bucket = createBucket(clock)
  bucket.setRate(1_000_000)
  await clock.advance(60_000)
  bucket.debit(5_000_000)
  const [taken = 0] = await drain(bucket, clock, 1, 10_000)
  expect(taken / 1e6).toBeGreaterThan(4.8)
  expect(taken / 1e6).toBeLessThan(5.3)
})

it('[PAC1] serves who waits at a new rate at once, and at none immediately', async () => {
  const clock = createVirtualClock()
  const bucket = createBucket(clock)
  bucket.setRate(1000)
  expect(bucket.take(100_000)).toBeInstanceOf(Promise)
  let isLet = false
  void bucket.take(100_000)?.then(() => (isLet = true))
  await clock.advance(1000)
  expect(isLet).toBe(false)
  bucket.setRate(undefined)
  await clock.advance(0)
  expect(isLet).toBe(true)
  expect(bucket.take(1e9)).toBeUndefined()
  expect(clock.waiting()).toBe(0)
})
