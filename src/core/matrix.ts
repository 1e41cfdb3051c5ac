import { assert } from './errors.ts'
import { multiply, products, reciprocal } from './galois.ts'
import { MAX_SHARDS } from './sizes.ts'

/** Rows of `k` coefficients in GF(2^8). */
export type Matrix = readonly Uint8Array[]

/** Filled at the first use of each `k`: rows do not depend on how many shards a code has. */
let codingMatrices: Map<number, Matrix> | undefined

/**
 * Returns the rows that code `k` data slices into slices 0..254; the first `k` copy the data.
 * Row i of the Vandermonde matrix is i^0, i^1 ... i^(k-1); all rows times the inverse of the top k x k.
 * @returns 255 rows of k coefficients; shared: read only
 * Source: SPEC.md ERA1; klauspost/reedsolomon and Backblaze use the same rows.
 */
export function codingMatrix(k: number): Matrix {
  assert(Number.isInteger(k) && k >= 2 && k <= MAX_SHARDS, 'k is an integer in 2..255')
  codingMatrices ??= new Map()
  const known = codingMatrices.get(k)
  if (known !== undefined) return known
  const vandermonde = Array.from({ length: MAX_SHARDS }, (_, row) => powers(row, k))
  const matrix = multiplyMatrices(vandermonde, inverted(vandermonde.slice(0, k)))
  codingMatrices.set(k, matrix)
  return matrix
}

/** Returns the inverse of a square `matrix` whose rows are independent. */
export function inverted(matrix: Matrix): Matrix {
  const size = matrix.length
  const work = matrix.map((row, at) => {
    const wide = new Uint8Array(2 * size)
    wide.set(row)
    wide[size + at] = 1
    return wide
  })
  for (let column = 0; column < size; column++) {
    const pivotAt = work.findIndex((row, at) => at >= column && row[column] !== 0)
    const pivot = work[pivotAt]
    const displaced = work[column]
    assert(pivot !== undefined && displaced !== undefined, 'rows of a coding matrix are independent')
    work[pivotAt] = displaced
    work[column] = pivot
    addMultiple(pivot, pivot, reciprocal(pivot[column] ?? 0) ^ 1)
    for (const row of work) if (row !== pivot) addMultiple(row, pivot, row[column] ?? 0)
  }
  return work.map((row) => row.slice(size))
}

/** Returns base^0, base^1 ... in GF(2^8); 0^0 is 1. */
function powers(base: number, count: number): Uint8Array {
  const row = new Uint8Array(count)
  let power = 1
  for (let exponent = 0; exponent < count; exponent++) {
    row[exponent] = power
    power = multiply(power, base)
  }
  return row
}

function multiplyMatrices(left: Matrix, right: Matrix): Matrix {
  return left.map((row) => {
    const sum = new Uint8Array(right[0]?.length ?? 0)
    right.forEach((rightRow, at) => addMultiple(sum, rightRow, row[at] ?? 0))
    return sum
  })
}

/** Adds `factor` times `source`, which is not longer, to `target`. */
export function addMultiple(target: Uint8Array, source: Uint8Array, factor: number): void {
  if (factor === 0) return
  // A row of its own and one bound for both: the loop that V8 makes of it is a third faster.
  const table = products().slice(256 * factor, 256 * factor + 256)
  const length = Math.min(source.length, target.length)
  for (let at = 0; at < length; at++) target[at] = (target[at] ?? 0) ^ (table[source[at] ?? 0] ?? 0)
}
