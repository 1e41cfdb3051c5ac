import type { Bytes } from '../../core/bytes.ts'
import { LEAF_BYTES } from '../../core/sizes.ts'
import type { ErasureKernel } from './erasure-kernel.ts'
import { DIGEST_BYTES } from '../../core/merkle.ts'

/** Length of a SHA-256 digest. */

/** Digests under way at once: a column of 64 leaves keeps Firefox and Node busy and bounds their copies to 4 MiB. */
const LEAVES_IN_FLIGHT = 64

/** Returns the number of 64 KiB leaves in `length` bytes. */
export function leafCount(length: number): number {
  return Math.ceil(length / LEAF_BYTES)
}

/** Writes SHA-256(0x00 || leaf) of every 64 KiB leaf of `bytes` to `target`, 32 bytes each. SPEC SHD2. */
export async function digestLeavesInto(subtle: SubtleCrypto, kernel: ErasureKernel, bytes: Uint8Array, target: Bytes): Promise<void> {
  const leaves = leafCount(bytes.length)
  for (let first = 0; first < leaves; first += LEAVES_IN_FLIGHT) {
    const column = Array.from({ length: Math.min(LEAVES_IN_FLIGHT, leaves - first) }, (_, leaf) => {
      const start = (first + leaf) * LEAF_BYTES
      return digestColumn(subtle, kernel.fill(bytes.subarray(start, start + LEAF_BYTES)))
    })
    const digests = await Promise.all(column)
    for (const [leaf, digest] of digests.entries()) target.set(new Uint8Array(digest), (first + leaf) * DIGEST_BYTES)
  }
}

/**
 * Resolves with SHA-256(0x00 || leaf) of a leaf that lies in a column of the kernel, a zero before it. RFC 9162 section 2.1.1.
 * WebCrypto has taken its own copy when `digest` returns (Web Cryptography API, "digest", step 2): the column is free again at once.
 */
export function digestColumn(subtle: SubtleCrypto, { buffer, byteOffset, length }: Bytes): Promise<ArrayBuffer> {
  return subtle.digest('SHA-256', new Uint8Array(buffer, byteOffset - 1, length + 1))
}
