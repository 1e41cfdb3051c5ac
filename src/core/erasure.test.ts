import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, equalBytes, fromHex, hex, type Bytes } from './bytes.ts'
import { decodeStripe, encodeRows, type ErasureShape, type IndexedSlice } from './erasure.ts'
import { oracleSlices, oracleStripe } from './erasure-oracle.rig.ts'
import { SLICE_BYTES } from './sizes.ts'
import vectors from './vectors/erasure.json' with { type: 'json' }
import { codeOf } from './errors.ts'

const shapes = fc
  .tuple(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 60 }))
  .map(([k, parity]): ErasureShape => ({ k, t: k + parity }))
const stripes = fc.uint8Array({ minLength: 1, maxLength: 600 })
const allRows = (shape: ErasureShape): number[] => Array.from({ length: shape.t }, (_, row) => row)

test.each(vectors.valid)('[ERA2] $what: ($k,$t)', ({ k, t, stripe, slices }) => {
  expect(slicesOf({ k, t }, fromHex(stripe)).map(({ bytes }) => hex(bytes))).toEqual(slices)
})

test.each(vectors.valid)('[ERA3] $what: rebuilt from its last slices', ({ k, t, stripe, slices }) => {
  const last = slices.map((bytes, index) => ({ index, bytes: fromHex(bytes) })).slice(-k)
  expect(hex(decodeStripe({ k, t }, last, stripe.length / 2))).toBe(stripe)
})

test.each(vectors.invalid)('[ERA3] $what: $error', ({ k, t, stripeBytes, indices, sliceBytes, error }) => {
  const slices = indices.map((index) => ({ index, bytes: new Uint8Array(sliceBytes) }))
  expect(codeOf(thrownBy(() => decodeStripe({ k, t }, slices, stripeBytes)))).toBe(error)
})

test('[ERA2] every slice is byte for byte that of an independent coder', () => {
  fc.assert(
    fc.property(shapes, stripes, (shape, stripe) => {
      return equalBytes(encodeRows(shape, stripe, allRows(shape)), oracleSlices(shape, stripe))
    }),
    { numRuns: 400 },
  )
})

test('[ERA3] an independent decoder rebuilds our stripes', () => {
  fc.assert(
    fc.property(shapes, stripes, fc.infiniteStream(fc.nat()), (shape, stripe, chance) => {
      const kept = new Set(shuffled(allRows(shape), chance).slice(0, shape.k))
      const coded = encodeRows(shape, stripe, allRows(shape))
      const sliceBytes = coded.length / shape.t
      allRows(shape).forEach((row) => kept.has(row) || coded.fill(0, row * sliceBytes, (row + 1) * sliceBytes))
      const rebuilt = oracleStripe(
        shape,
        coded,
        allRows(shape).map((row) => kept.has(row)),
      )
      return equalBytes(rebuilt.subarray(0, stripe.length), stripe)
    }),
    { numRuns: 100 },
  )
})

test('[ERA3] any k of n slices, in any order, rebuild a stripe', () => {
  fc.assert(
    fc.property(shapes, stripes, fc.infiniteStream(fc.nat()), (shape, stripe, chance) => {
      const slices = shuffled(slicesOf(shape, stripe), chance).slice(0, shape.k)
      return equalBytes(decodeStripe(shape, slices, stripe.length), stripe)
    }),
    { numRuns: 1000 },
  )
})

test.each([[2, 10] as const, [3, 7] as const])('[ERA3] each of all choices of k slices of (%s,%s) rebuilds', (k, t) => {
  const shape = { k, t }
  const stripe = Uint8Array.from({ length: 1001 }, (_, at) => at * at)
  const slices = slicesOf(shape, stripe)
  for (const choice of choices(slices, k)) expect(decodeStripe(shape, choice, stripe.length)).toEqual(stripe)
})

test('[ERA1] rows do not depend on t', () => {
  const stripe = Uint8Array.from({ length: 99 }, (_, at) => at * 5)
  const few = encodeRows({ k: 3, t: 5 }, stripe, [3, 4])
  expect(encodeRows({ k: 3, t: 255 }, stripe, [3, 4])).toEqual(few)
})

test('[ERA1] the largest codes rebuild from what is not data', () => {
  const stripe = Uint8Array.from({ length: 1270 }, (_, at) => at * 31)
  const half = slicesOf({ k: 127, t: 255 }, stripe)
  expect(decodeStripe({ k: 127, t: 255 }, half.slice(128), stripe.length)).toEqual(stripe)
  const most = slicesOf({ k: 254, t: 255 }, stripe)
  expect(decodeStripe({ k: 254, t: 255 }, most.slice(1), stripe.length)).toEqual(stripe)
})

test('[ERA2] slices come in the order asked for, also repeated, and bytes may lie at any address', () => {
  const shape = { k: 4, t: 12 }
  const room = Uint8Array.from({ length: 4 * 64 + 3 }, (_, at) => at * 11)
  const rows = [11, 0, 5, 5, 3, 4, 7]
  for (const shift of [0, 1, 2, 3]) {
    const stripe = room.subarray(shift, shift + 256)
    const slices = slicesOf(shape, stripe.slice())
    expect(encodeRows(shape, stripe, rows)).toEqual(concatBytes(...rows.map((row) => slices[row]?.bytes ?? new Uint8Array())))
  }
})

test('[SEG4] data slices of a full stripe are its sealed records, and full stripes are rebuilt', () => {
  const shape = { k: 2, t: 10 }
  const stripe = new Uint8Array(2 * SLICE_BYTES)
  for (let at = 0; at < stripe.length; at++) stripe[at] = (at * 2_654_435_761) >>> 13
  const [first, second, third] = slicesOf(shape, stripe)
  expect([first, second].map((slice) => slice?.bytes.length)).toEqual([SLICE_BYTES, SLICE_BYTES])
  expect(equalBytes(concatBytes(first?.bytes ?? new Uint8Array(), second?.bytes ?? new Uint8Array()), stripe)).toBe(true)
  if (second === undefined || third === undefined) throw new Error('no slices')
  expect(equalBytes(decodeStripe(shape, [third, second], stripe.length), stripe)).toBe(true)
})

test('[ERA3] neither stripe nor slices are changed', () => {
  const shape = { k: 3, t: 6 }
  const stripe = Uint8Array.from({ length: 24 }, (_, at) => at)
  const slices = slicesOf(shape, stripe).slice(3)
  const before = slices.map(({ bytes }) => hex(bytes))
  decodeStripe(shape, slices, stripe.length)
  expect(slices.map(({ bytes }) => hex(bytes))).toEqual(before)
  expect(stripe).toEqual(Uint8Array.from({ length: 24 }, (_, at) => at))
})

test.each([
  { k: 1, t: 8 },
  { k: 0, t: 8 },
  { k: 9, t: 8 },
  { k: 2, t: 256 },
  { k: 2.5, t: 8 },
  { k: NaN, t: 8 },
])('[ERA1] there is no code ($k,$t)', (shape) => {
  expect(() => encodeRows(shape, new Uint8Array(8), [0])).toThrow('broken invariant')
  expect(() => decodeStripe(shape, [], 8)).toThrow('broken invariant')
})

function slicesOf(shape: ErasureShape, stripe: Uint8Array): readonly (IndexedSlice & { readonly bytes: Bytes })[] {
  const coded = encodeRows(shape, stripe, allRows(shape))
  const sliceBytes = coded.length / shape.t
  return allRows(shape).map((index) => ({ index, bytes: coded.slice(index * sliceBytes, (index + 1) * sliceBytes) }))
}

function shuffled<T>(items: readonly T[], chance: fc.Stream<number>): T[] {
  const left = [...items]
  const order: T[] = []
  while (left.length > 0) order.push(...left.splice((chance.next().value ?? 0) % left.length, 1))
  return order
}

function choices<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]]
  return items.flatMap((item, at) => choices(items.slice(at + 1), count - 1).map((rest) => [item, ...rest]))
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
