import type { Bytes } from './bytes.ts'
import { assert, HoardError } from './errors.ts'
import { addMultiple, codingMatrix, inverted, type Matrix } from './matrix.ts'
import { MAX_SHARDS } from './sizes.ts'

/** A systematic code: slices 0..k-1 are the data, k..t-1 parity; 2 <= k <= t <= 255. SPEC ERA1. */
export interface ErasureShape {
  readonly k: number
  readonly t: number
}

/** A slice with its place in the code. */
export interface IndexedSlice<Content extends Uint8Array = Uint8Array> {
  readonly index: number
  readonly bytes: Content
}

/**
 * Multiplies `rows` of coefficients with the vector of `slices`: `outs`, one for each row and all of one length, are overwritten with the
 * sums. Slices that are shorter count as filled up with zeros.
 */
export type Combine = (rows: Matrix, slices: readonly Uint8Array[], outs: readonly Uint8Array[]) => void

/**
 * The plain kernel: one look-up in the table of products for each byte. Faster kernels must return the same, and it runs where they cannot.
 */
export const combinePlainly: Combine = (rows, slices, outs) => {
  for (const [row, out] of outs.entries()) {
    out.fill(0)
    for (const [at, slice] of slices.entries()) addMultiple(out, slice, rows[row]?.[at] ?? 0)
  }
}

const newBytes = (length: number): Bytes => new Uint8Array(length)

/**
 * Codes one stripe.
 * @param stripe at least 1 byte; cut into k data slices of ceil(length / k) bytes, the last ones filled with zeros
 * @param rows slices wanted, each in 0..t-1, in any order
 * @param combine the kernel that does the work
 * @param allocate gives bytes of any content, as long as asked
 * @returns the slices of `rows`, in that order, one after the other
 * Source: SPEC.md ERA2.
 */
export function encodeRows(
  shape: ErasureShape,
  stripe: Uint8Array,
  rows: readonly number[],
  combine = combinePlainly,
  allocate = newBytes,
): Bytes {
  const data = dataSlices(shape, stripe)
  const coding = codingRows(shape, rows)
  const sliceBytes = Math.ceil(stripe.length / shape.k)
  const target = allocate(rows.length * sliceBytes)
  const outs = rows.map((_, at) => target.subarray(at * sliceBytes, (at + 1) * sliceBytes))
  const isParity = (_: unknown, at: number): boolean => (rows[at] ?? 0) >= shape.k
  for (const [at, row] of rows.entries()) {
    const slice = data[row]
    if (slice === undefined) continue
    outs[at]?.set(slice)
    outs[at]?.fill(0, slice.length)
  }
  combine(coding.filter(isParity), data, outs.filter(isParity))
  return target
}

/** Returns the k data slices of `stripe`, parts of it; the last ones may be shorter than the others or empty. SPEC ERA2. */
export function dataSlices(shape: ErasureShape, stripe: Uint8Array): readonly Uint8Array[] {
  assertShape(shape)
  assert(stripe.length > 0, 'a stripe has at least one byte')
  const sliceBytes = Math.ceil(stripe.length / shape.k)
  return Array.from({ length: shape.k }, (_, row) => stripe.subarray(row * sliceBytes, (row + 1) * sliceBytes))
}

/** Returns the coefficients of slices `rows`, each in 0..t-1. SPEC ERA1. */
export function codingRows(shape: ErasureShape, rows: readonly number[]): Matrix {
  assertShape(shape)
  assert(
    rows.every((row) => isIndex(shape, row)),
    'rows lie in their code',
  )
  const coding = codingMatrix(shape.k)
  return rows.map((row) => rowOf(coding, row))
}

/**
 * Rebuilds one stripe from any `k` different slices of it.
 * @param slices at least `k` different ones, each ceil(stripeBytes / k) bytes; more than `k` are not looked at
 * @param stripeBytes bytes of the stripe without the zeros that filled it up
 * @param combine the kernel that does the work
 * @param allocate gives bytes of any content, as long as asked
 * @returns the stripe, `stripeBytes` long
 * @throws HoardError 'too-few-shards' when there are fewer than `k` different slices, 'shard-damaged' when one has a wrong length or index
 * Source: SPEC.md ERA3; Plank 1997, section 4.
 */
export function decodeStripe(
  shape: ErasureShape,
  slices: readonly IndexedSlice[],
  stripeBytes: number,
  combine = combinePlainly,
  allocate = newBytes,
): Bytes {
  assertShape(shape)
  assert(Number.isSafeInteger(stripeBytes) && stripeBytes > 0, 'a stripe has at least one byte')
  const sliceBytes = Math.ceil(stripeBytes / shape.k)
  const sliceOf = new Map<number, Uint8Array>()
  for (const { index, bytes } of slices) {
    if (!isIndex(shape, index) || bytes.length !== sliceBytes)
      throw new HoardError('shard-damaged', { index, bytes: bytes.length, sliceBytes })
    sliceOf.set(index, bytes)
  }
  if (sliceOf.size < shape.k) throw new HoardError('too-few-shards', { have: sliceOf.size, need: shape.k })
  // Data slices come first: each one present is copied, not computed.
  const used = [...sliceOf].sort(([a], [b]) => a - b).slice(0, shape.k)
  const stripe = allocate(stripeBytes)
  const place = (row: number, bytes: Uint8Array): void => {
    if (row * sliceBytes < stripeBytes) stripe.set(bytes.subarray(0, stripeBytes - row * sliceBytes), row * sliceBytes)
  }
  for (const [index, bytes] of used) if (index < shape.k) place(index, bytes)
  const lost = Array.from({ length: Math.ceil(stripeBytes / sliceBytes) }, (_, row) => row).filter((row) => !sliceOf.has(row))
  if (lost.length === 0) return stripe
  const decoding = inverted(
    codingRows(
      shape,
      used.map(([index]) => index),
    ),
  )
  const found = lost.map((row) => {
    const isWhole = (row + 1) * sliceBytes <= stripeBytes
    return isWhole ? stripe.subarray(row * sliceBytes, (row + 1) * sliceBytes) : new Uint8Array(sliceBytes)
  })
  combine(
    lost.map((row) => rowOf(decoding, row)),
    used.map(([, bytes]) => bytes),
    found,
  )
  found.forEach((bytes, at) => bytes.buffer !== stripe.buffer && place(lost[at] ?? 0, bytes))
  return stripe
}

function rowOf(matrix: Matrix, row: number): Uint8Array {
  const found = matrix[row]
  assert(found !== undefined, 'a matrix has a row for every slice')
  return found
}

function isIndex(shape: ErasureShape, index: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < shape.t
}

function assertShape({ k, t }: ErasureShape): void {
  assert(Number.isInteger(k) && Number.isInteger(t) && k >= 2 && k <= t && t <= MAX_SHARDS, '2 <= k <= t <= 255')
}
