import { assert } from './errors.ts'

const POLYNOMIAL = 0x11d

/** Filled at the first use: product of a and b at 256 a + b. */
let productTable: Uint8Array | undefined

/** Returns all products of GF(2^8) modulo 0x11D, 64 KiB: the product of a and b lies at 256 a + b. Shared: read only. SPEC ERA1. */
export function products(): Uint8Array {
  productTable ??= makeProducts()
  return productTable
}

/** Returns the product of `a` and `b` in GF(2^8). */
export function multiply(a: number, b: number): number {
  return products()[256 * a + b] ?? 0
}

/** Returns the number whose product with `a` is 1. */
export function reciprocal(a: number): number {
  assert(a !== 0, 'zero has no reciprocal')
  return products()
    .subarray(256 * a, 256 * a + 256)
    .indexOf(1)
}

function makeProducts(): Uint8Array {
  const table = new Uint8Array(65_536)
  for (let a = 0; a < 256; a++) {
    for (let b = 0, doubled = a; b < 8; b++) {
      table[256 * a + 2 ** b] = doubled
      doubled = doubled < 128 ? doubled * 2 : (doubled * 2) ^ POLYNOMIAL
    }
    for (let b = 1; b < 256; b++) {
      const low = b & -b
      table[256 * a + b] = (table[256 * a + low] ?? 0) ^ (table[256 * a + (b ^ low)] ?? 0)
    }
  }
  return table
}
