import type { Bytes } from './bytes.ts'
import { assert, HoardError } from './errors.ts'
import { products } from './galois.ts'
import { codingMatrix, inverted, type Matrix } from './matrix.ts'
import { MAX_SHARDS } from './sizes.ts'

/** A systematic code: slices 0..k-1 are the data, k..t-1 parity; 2 <= k <= t <= 255. SPEC ERA1. */
export interface ErasureShape {
  readonly k: number
  readonly t: number
}

/** A slice with its place in the code. */
export interface IndexedSlice {
  readonly index: number
  readonly bytes: Uint8Array
}

/**
 * Codes one stripe.
 * @param stripe at least 1 byte; cut into k data slices of ceil(length / k) bytes, the last ones filled with zeros
 * @param rows slices wanted, each in 0..t-1, in any order
 * @returns the slices of `rows`, in that order, one after the other
 * Source: SPEC.md ERA2.
 */
export function encodeRows(shape: ErasureShape, stripe: Uint8Array, rows: readonly number[]): Bytes {
  assertShape(shape)
  assert(stripe.length > 0, 'a stripe has at least one byte')
  assert(
    rows.every((row) => isIndex(shape, row)),
    'rows lie in their code',
  )
  const sliceBytes = Math.ceil(stripe.length / shape.k)
  const sliced = new Uint8Array(rows.length * sliceBytes)
  const parityAt = [...rows.keys()].filter((at) => (rows[at] ?? 0) >= shape.k)
  rows.forEach((row, at) => {
    if (row < shape.k) sliced.set(stripe.subarray(row * sliceBytes, (row + 1) * sliceBytes), at * sliceBytes)
  })
  if (parityAt.length > 0) {
    const coding = codingMatrix(shape.k)
    const data = Array.from({ length: shape.k }, (_, row) => stripe.subarray(row * sliceBytes, (row + 1) * sliceBytes))
    const parity = combine(
      parityAt.map((at) => rowOf(coding, rows[at] ?? 0)),
      data,
      sliceBytes,
    )
    parityAt.forEach((at, row) => sliced.set(parity[row] ?? new Uint8Array(), at * sliceBytes))
  }
  return sliced
}

/**
 * Rebuilds one stripe from any `k` different slices of it.
 * @param slices at least `k` different ones, each ceil(stripeBytes / k) bytes; more than `k` are not looked at
 * @param stripeBytes bytes of the stripe without the zeros that filled it up
 * @returns the stripe, `stripeBytes` long
 * @throws HoardError 'too-few-shards' when there are fewer than `k` different slices, 'shard-damaged' when one has a wrong length or index
 * Source: SPEC.md ERA3; Plank 1997, section 4.
 */
export function decodeStripe(shape: ErasureShape, slices: readonly IndexedSlice[], stripeBytes: number): Bytes {
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
  const stripe = new Uint8Array(stripeBytes)
  const place = (row: number, bytes: Uint8Array): void => {
    if (row * sliceBytes < stripeBytes) stripe.set(bytes.subarray(0, stripeBytes - row * sliceBytes), row * sliceBytes)
  }
  for (const [index, bytes] of used) if (index < shape.k) place(index, bytes)
  const lost = Array.from({ length: shape.k }, (_, row) => row).filter((row) => !sliceOf.has(row))
  if (lost.length > 0) {
    const coding = codingMatrix(shape.k)
    const decoding = inverted(used.map(([index]) => rowOf(coding, index)))
    const found = combine(
      lost.map((row) => rowOf(decoding, row)),
      used.map(([, bytes]) => bytes),
      sliceBytes,
    )
    found.forEach((bytes, at) => place(lost[at] ?? 0, bytes))
  }
  return stripe
}

/**
 * Multiplies `rows` with the vector of `slices`, `sliceBytes` each (shorter ones count as filled with zeros).
 * Four rows at a time: one look-up gives a byte's product with the coefficients of all four, packed into 32 bits,
 * so that the tables of a group (k KiB) stay in the first cache level.
 */
function combine(rows: Matrix, slices: readonly Uint8Array[], sliceBytes: number): readonly Uint8Array[] {
  const words = Math.ceil(sliceBytes / 4)
  const data = wordsOf(slices, words)
  const combined = new Uint32Array(rows.length * words)
  for (let first = 0; first < rows.length; first += 4) {
    const group = rows.slice(first, first + 4)
    combineFour(packedTables(group, slices.length), data, words, combined.subarray(first * words), group.length)
  }
  const bytes = new Uint8Array(combined.buffer)
  return rows.map((_, row) => bytes.subarray(4 * row * words, 4 * row * words + sliceBytes))
}

/** Writes up to four rows of products, `words` each, to `out`; `data` holds the slices one after the other. */
function combineFour(tables: Uint32Array, data: Uint32Array, words: number, out: Uint32Array, rows: number): void {
  const tableEnd = tables.length
  for (let word = 0; word < words; word++) {
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let table = 0, at = word; table < tableEnd; table += 256, at += words) {
      const bytes = data[at] ?? 0
      a ^= tables[table + (bytes & 255)] ?? 0
      b ^= tables[table + ((bytes >>> 8) & 255)] ?? 0
      c ^= tables[table + ((bytes >>> 16) & 255)] ?? 0
      d ^= tables[table + (bytes >>> 24)] ?? 0
    }
    // a..d hold four rows of one byte each; a row's word is the same byte of all four.
    out[word] = (a & 255) | ((b & 255) << 8) | ((c & 255) << 16) | (d << 24)
    if (rows > 1) out[words + word] = ((a >>> 8) & 255) | (b & 0xff00) | ((c & 0xff00) << 8) | ((d & 0xff00) << 16)
    if (rows > 2) out[2 * words + word] = ((a >>> 16) & 255) | ((b >>> 8) & 0xff00) | (c & 0xff0000) | ((d & 0xff0000) << 8)
    if (rows > 3) out[3 * words + word] = (a >>> 24) | ((b >>> 16) & 0xff00) | ((c >>> 8) & 0xff0000) | (d & 0xff000000)
  }
}

/** For each slice 256 words: the products of a byte with the coefficients of up to four rows, first row lowest. */
function packedTables(rows: Matrix, slices: number): Uint32Array {
  const table = products()
  const packed = new Uint32Array(256 * slices)
  for (let slice = 0; slice < slices; slice++) {
    rows.forEach((row, lane) => {
      const from = 256 * (row[slice] ?? 0)
      for (let byte = 0; byte < 256; byte++) {
        const at = 256 * slice + byte
        packed[at] = (packed[at] ?? 0) | ((table[from + byte] ?? 0) << (8 * lane))
      }
    })
  }
  return packed
}

/** Returns the slices as 32-bit words, `words` for each: without a copy where they lie so already. */
function wordsOf(slices: readonly Uint8Array[], words: number): Uint32Array {
  const [first] = slices
  assert(first !== undefined, 'there is something to combine')
  const isOneRun = slices.every(
    (slice, at) => slice.buffer === first.buffer && slice.length === 4 * words && slice.byteOffset === first.byteOffset + 4 * words * at,
  )
  if (isOneRun && first.byteOffset % 4 === 0) return new Uint32Array(first.buffer, first.byteOffset, slices.length * words)
  const data = new Uint8Array(4 * words * slices.length)
  slices.forEach((slice, at) => data.set(slice, 4 * words * at))
  return new Uint32Array(data.buffer)
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
