import { assert } from './errors.ts'
import { MAX_FILE_BYTES, MIN_PADDED_BYTES } from './sizes.ts'

/**
 * Returns the length to which `size` bytes are padded with zeros: it says little about `size` and costs less than 6.25 % (4,096 bytes at least).
 * A padded length pads to itself.
 * @param size bytes, an integer in 0..2^46; check sizes that came from others before
 * Source: SPEC.md PAD1, PAD2; Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019 (Padme).
 */
export function padmeLength(size: number): number {
  assert(Number.isInteger(size) && size >= 0 && size <= MAX_FILE_BYTES, 'a file size is an integer in 0..2^46')
  if (size <= MIN_PADDED_BYTES) return MIN_PADDED_BYTES
  const exponent = floorLog2(size)
  const step = 2 ** (exponent - floorLog2(exponent) - 1)
  return Math.ceil(size / step) * step
}

/** Exact where `Math.log2` may round up to the next integer. */
function floorLog2(value: number): number {
  let exponent = 0
  while (2 ** (exponent + 1) <= value) exponent++
  return exponent
}
