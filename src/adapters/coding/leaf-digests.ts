import type { Bytes } from '../../core/bytes.ts'
import { LEAF_BYTES } from '../../core/sizes.ts'

/** Length of a SHA-256 digest. */
export const DIGEST_BYTES = 32

/** Digests under way at once: a column of 64 leaves keeps Firefox and Node busy and bounds what they copy to 4 MiB. */
const LEAVES_IN_FLIGHT = 64

/** Returns how many 64 KiB leaves `length` bytes make. */
export function leafCount(length: number): number {
  return Math.ceil(length / LEAF_BYTES)
}

/** Writes SHA-256(0x00 || leaf) of every 64 KiB leaf of `bytes` to `target`, 32 bytes each; `bytes` end as they were. SPEC SHD2. */
export async function digestLeavesInto(subtle: SubtleCrypto, bytes: Bytes, target: Bytes): Promise<void> {
  const leaves = leafCount(bytes.length)
  for (let first = 0; first < leaves; first += LEAVES_IN_FLIGHT) {
    const column = Array.from({ length: Math.min(LEAVES_IN_FLIGHT, leaves - first) }, (_, leaf) => {
      const start = (first + leaf) * LEAF_BYTES
      return digestLeaf(subtle, bytes, start, Math.min(bytes.length, start + LEAF_BYTES))
    })
    const digests = await Promise.all(column)
    for (const [leaf, digest] of digests.entries()) target.set(new Uint8Array(digest), (first + leaf) * DIGEST_BYTES)
  }
}

/**
 * Resolves with SHA-256(0x00 || bytes `start` to `end`). RFC 9162 section 2.1.1.
 *
 * The prefix needs no second copy: WebCrypto takes its own copy of the input before `digest` returns (Web Cryptography API, "digest",
 * step 2), so the byte before a leaf is lent to the zero for the length of that call. `bytes` is unchanged when the promise is returned.
 */
export function digestLeaf(subtle: SubtleCrypto, bytes: Bytes, start: number, end: number): Promise<ArrayBuffer> {
  if (start === 0) {
    const prefixed = new Uint8Array(1 + end)
    prefixed.set(bytes.subarray(0, end), 1)
    return subtle.digest('SHA-256', prefixed)
  }
  const lent = bytes[start - 1] ?? 0
  bytes[start - 1] = 0
  const digest = subtle.digest('SHA-256', bytes.subarray(start - 1, end))
  bytes[start - 1] = lent
  return digest
}
