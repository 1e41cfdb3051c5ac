import { createRequire } from 'node:module'
import type { ErasureShape } from './erasure.ts'

/** The part of @digitaldefiance/reed-solomon-erasure.wasm in use here; its ES module entry does not load on Node 24. */
interface Oracle {
  encode(slices: Uint8Array, k: number, parity: number): number
  reconstruct(slices: Uint8Array, k: number, parity: number, isPresent: boolean[]): number
}
interface OracleModule {
  readonly ReedSolomonErasure: { fromCurrentDirectorySync(): Oracle }
}

const require = createRequire(import.meta.url)
const { ReedSolomonErasure }: OracleModule = require('@digitaldefiance/reed-solomon-erasure.wasm')
const oracle = ReedSolomonErasure.fromCurrentDirectorySync()

/** Returns all slices of a stripe, one after the other, as an independent coder makes them. */
export function oracleSlices({ k, t }: ErasureShape, stripe: Uint8Array): Uint8Array {
  const slices = new Uint8Array(t * Math.ceil(stripe.length / k))
  slices.set(stripe)
  const result = oracle.encode(slices, k, t - k)
  if (result !== 0) throw new Error(`the oracle says ${result}`)
  return slices
}

/** Returns `slices` with those that are not present rebuilt by an independent decoder. */
export function oracleStripe({ k, t }: ErasureShape, slices: Uint8Array, isPresent: boolean[]): Uint8Array {
  // A fresh one each time: its reconstruct frees the presence list twice, so that a later call may fail.
  const result = ReedSolomonErasure.fromCurrentDirectorySync().reconstruct(slices, k, t - k, isPresent)
  if (result !== 0) throw new Error(`the oracle says ${result}`)
  return slices
}
