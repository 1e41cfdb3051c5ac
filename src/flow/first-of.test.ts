import { expect, test } from 'vitest'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createChanges } from './changes.ts'
import { firstOf } from './first-of.ts'

test('the first to settle is what comes of it, and the others are told to end', async () => {
  const clock = createVirtualClock()
  const changes = createChanges()
  const ended: unknown[] = []
  const slow = (signal: AbortSignal) => clock.wait(1000, { signal }).catch((error: unknown) => void ended.push(error))
  const first = firstOf(undefined, slow, (signal) => changes.next(signal))
  changes.tell()
  await first
  await Promise.resolve()
  expect(ended).toHaveLength(1)
})

test('an error that comes first is thrown, one that comes later is heard by nobody', async () => {
  const fails = () => Promise.reject(new Error('first'))
  const failsLater = async (signal: AbortSignal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    throw new Error('later')
  }
  await expect(firstOf(undefined, fails, failsLater)).rejects.toThrow('first')
})

test('all end with the signal they were begun under, and none begins after it', async () => {
  const stop = new AbortController()
  const reason = new Error('stopped')
  const clock = createVirtualClock()
  const wait = (signal: AbortSignal) => clock.wait(1000, { signal })
  const first = firstOf(stop.signal, wait, wait)
  stop.abort(reason)
  await expect(first).rejects.toBe(reason)
  let begun = 0
  await expect(firstOf(stop.signal, async () => void begun++)).rejects.toBe(reason)
  expect(begun).toBe(0)
})
