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

test('parts of a larger array are left to their owner, small buffers to the collector; of five of one length the first is freed', () => {
  const freed: Uint8Array[] = []
  const spares = createSpareBuffers((bytes) => freed.push(bytes))
  const part = new Uint8Array(2 * MIB).subarray(0, MIB)
  const small = new Uint8Array(1000)
  const alike = [1, 2, 3, 4, 5].map(() => new Uint8Array(MIB))
  for (const bytes of [part, small, ...alike]) spares.give(bytes)
  expect(spares.find(1000)).toBeUndefined()
  expect(alike.map(() => spares.find(MIB)).filter((bytes) => bytes !== undefined && alike.includes(bytes)).length).toBe(4)
  // A buffer that was never kept is not freed: somebody may still read it.
  expect(freed.map((bytes) => bytes === alike[0])).toEqual([true])
})

test('more than 32 MiB are not kept: the oldest go', () => {
  const freed: Uint8Array[] = []
  const spares = createSpareBuffers((bytes) => freed.push(bytes))
  const given = [6, 7, 8, 9, 10].map((mebibytes) => new Uint8Array(mebibytes * MIB))
  for (const spare of given) spares.give(spare)
  expect(given.map((spare) => spares.find(spare.length) === spare)).toEqual([false, false, true, true, true])
  expect(freed.map((bytes) => given.findIndex((spare) => spare === bytes))).toEqual([0, 1])
})

test('one that is larger than all that may be kept is freed at once, and what is kept stays', () => {
  const freed: Uint8Array[] = []
  const spares = createSpareBuffers((bytes) => freed.push(bytes))
  const [kept, huge] = [new Uint8Array(MIB), new Uint8Array(33 * MIB)]
  for (const spare of [kept, huge]) spares.give(spare)
  expect(freed.map((bytes) => bytes === huge)).toEqual([true])
  expect(spares.find(MIB)).toBe(kept)
})
