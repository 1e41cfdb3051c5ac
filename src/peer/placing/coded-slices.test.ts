import { expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { encodeRows } from '../../core/erasure.ts'
import { brandBytes, type GroupKey } from '../../core/ids.ts'
import { SLICE_BYTES } from '../../core/sizes.ts'
import type { Coder } from '../../ports/coder.ts'
import { createCodedSlices, type Receiver } from './coded-slices.ts'
import { describeSegment } from './describe-segment.ts'
import { bytesOf } from '../../sim/world.ts'
import { sealedInMemory } from './segment-source.ts'

const STRIPES = 7
const [K, M, N] = [2, 3, 4]

test('every receiver gets its slices in order, and no buffer is used again while it may be read', async () => {
  const { slices, released, isRight, receivers } = await segmentOf([0, 1, 3])
  const [quick, slow] = receivers as [Receiver, Receiver, Receiver]
  const held = await slices.get(0, slow)
  for (let stripe = 0; stripe < 3; stripe++) {
    for (const receiver of receivers) {
      if (receiver === slow) continue
      expect(isRight(stripe, receiver, await slices.get(stripe, receiver))).toBe(true)
      slices.done(stripe, receiver)
    }
  }
  await nextTurn()
  expect([released.length, isRight(0, slow, held)]).toEqual([0, true])
  slices.done(0, slow)
  for (let stripe = 1; stripe < STRIPES; stripe++) {
    for (const receiver of receivers) {
      if (receiver !== slow && stripe < 3) continue
      expect(isRight(stripe, receiver, await slices.get(stripe, receiver))).toBe(true)
      slices.done(stripe, receiver)
    }
  }
  await nextTurn()
  // The last two may still wait in a line.
  expect(released.length).toBe(STRIPES - 2)
  expect(isRight(0, quick, await slices.get(0, quick))).toBe(true)
})

test('a receiver that fails in the middle of a slice keeps its buffer for good', async () => {
  const { slices, released, isRight, receivers } = await segmentOf([0, 2])
  const [quick, lost] = receivers as [Receiver, Receiver]
  const held = await slices.get(0, lost)
  slices.leave(lost)
  for (let stripe = 0; stripe < STRIPES; stripe++) {
    await slices.get(stripe, quick)
    slices.done(stripe, quick)
  }
  await nextTurn()
  expect(released.length).toBe(STRIPES - 3)
  expect(isRight(0, lost, held)).toBe(true)
})

async function segmentOf(indices: readonly number[]) {
  const sealed = bytesOf('sealed', STRIPES * K * SLICE_BYTES)
  const coding = createCoding(crypto.subtle)
  const released: Bytes[] = []
  const coder: Coder = {
    ...coding,
    release(bytes) {
      released.push(bytes)
      bytes.fill(0)
      coding.release(bytes)
    },
  }
  const signal = new AbortController().signal
  const source = sealedInMemory(sealed)
  const segment = await describeSegment(coding, { k: K, m: M, n: N }, brandBytes<GroupKey>(new Uint8Array(32).fill(9)), source, signal)
  const receivers = indices.map((index): Receiver => ({ index, from: 0 }))
  const slices = createCodedSlices({ coder, clock: createVirtualClock() }, segment, source, receivers, signal)
  const isRight = (stripe: number, { index }: Receiver, slice: Uint8Array): boolean => {
    const bytes = sealed.subarray(stripe * K * SLICE_BYTES, (stripe + 1) * K * SLICE_BYTES)
    return equalBytes(slice, encodeRows({ k: K, t: N + 2 }, bytes, [index]))
  }
  return { slices, released, isRight, receivers }
}
