import { expect, test } from 'vitest'
import { createSpareBuffers } from './spare-buffers.ts'

const MIB = 1024 * 1024

test('a buffer that was given is taken by whoever asks for its length, once', () => {
  const spares = createSpareBuffers()
  const spare = new Uint8Array(MIB)
  spares.give(spare)
  expect(spares.take(MIB + 1)).not.toBe(spare)
  expect(spares.take(MIB)).toBe(spare)
  expect(spares.take(MIB)).not.toBe(spare)
})

test('parts of a larger array are left to their owner, and small ones are not kept', () => {
  const spares = createSpareBuffers()
  const part = new Uint8Array(2 * MIB).subarray(0, MIB)
  const small = new Uint8Array(1000)
  spares.give(part)
  spares.give(small)
  expect(spares.take(MIB)).not.toBe(part)
  expect(spares.take(1000)).not.toBe(small)
})

test('more than 24 MiB are not kept: the oldest go', () => {
  const spares = createSpareBuffers()
  const given = Array.from({ length: 7 }, () => new Uint8Array(4 * MIB))
  for (const spare of given) spares.give(spare)
  const taken = Array.from({ length: 7 }, () => spares.take(4 * MIB))
  expect(given.map((spare) => taken.includes(spare))).toEqual([false, true, true, true, true, true, true])
})
