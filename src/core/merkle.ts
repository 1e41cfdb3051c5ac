import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from './bytes.ts'
import { assert, HoardError } from './errors.ts'

/** Bytes of a digest: SHA-256. */
export const DIGEST_BYTES = 32

/** Returns the digests that lie one after the other in `digests`; the bytes of an unfinished one are dropped. */
export function splitDigests(digests: Uint8Array): Bytes[] {
  const count = Math.floor(digests.length / DIGEST_BYTES)
  return Array.from({ length: count }, (_, at) => new Uint8Array(digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES)))
}

/** Returns the digest of one leaf, 32 bytes: SHA-256 of 0x00 and its bytes. SPEC MRK1, RFC 9162 section 2.1.1. */
export function hashLeaf(leaf: Uint8Array): Bytes {
  return sha256.create().update(new Uint8Array(1)).update(leaf).digest()
}

/**
 * Returns the root of the tree over `leafDigests`, 32 bytes.
 * @param leafDigests at least one, 32 bytes each, in the order of leaves
 * Source: SPEC.md MRK2; RFC 9162 section 2.1.1.
 */
export function merkleRoot(leafDigests: readonly Uint8Array[]): Bytes {
  assert(leafDigests.length > 0, 'a tree has at least one leaf')
  return rootBetween(leafDigests, 0, leafDigests.length)
}

/**
 * Returns the nodes that lead from the leaves `first` to `first + count - 1` to the root: the roots of all largest subtrees without a leaf
 * of the range, depth-first, left to right; none when the range is the whole tree.
 * @param first number of the first leaf of the range
 * @param count leaves of the range, at least 1
 * Source: SPEC.md MRK3.
 */
export function rangeProof(leafDigests: readonly Uint8Array[], first: number, count: number): readonly Bytes[] {
  assert(isRange(leafDigests.length, first, count), 'a range lies in its tree')
  const proof: Bytes[] = []
  const collect = (from: number, to: number): void => {
    if (to <= first || from >= first + count) proof.push(rootBetween(leafDigests, from, to))
    else if (from < first || to > first + count) {
      const middle = from + leftLeaves(to - from)
      collect(from, middle)
      collect(middle, to)
    }
  }
  collect(0, leafDigests.length)
  return proof
}

/**
 * Returns the root that the digests of a range of leaves and their proof lead to, 32 bytes. The caller compares it with the root that was
 * promised.
 * @param leafCount leaves of the whole tree, from the descriptor, never from the sender of the proof
 * @param first number of the first leaf of the range
 * @param digests of the leaves of the range, made from the bytes received; 32 bytes each
 * @param proof what `rangeProof` returns
 * @throws HoardError 'shard-damaged' when the range lies outside the tree, or the number or size of the proof's nodes is wrong
 * Source: SPEC.md MRK4.
 */
export function rootOfRange(leafCount: number, first: number, digests: readonly Uint8Array[], proof: readonly Uint8Array[]): Bytes {
  const end = first + digests.length
  if (!isRange(leafCount, first, digests.length)) throw new HoardError('shard-damaged', { leafCount, first, leaves: digests.length })
  let used = 0
  const rootOf = (from: number, to: number): Bytes => {
    if (to <= first || from >= end) return digestOf(proof[used++])
    if (to - from === 1) return digestOf(digests[from - first])
    const middle = from + leftLeaves(to - from)
    const left = rootOf(from, middle)
    return hashNode(left, rootOf(middle, to))
  }
  const root = rootOf(0, leafCount)
  if (used !== proof.length) throw new HoardError('shard-damaged', { nodes: proof.length, needed: used })
  return root
}

function rootBetween(digests: readonly Uint8Array[], from: number, to: number): Bytes {
  if (to - from === 1) return digestOf(digests[from])
  const middle = from + leftLeaves(to - from)
  return hashNode(rootBetween(digests, from, middle), rootBetween(digests, middle, to))
}

/** The largest power of two below `leaves`: how many leaves the left subtree takes. */
function leftLeaves(leaves: number): number {
  return 2 ** (31 - Math.clz32(leaves - 1))
}

function hashNode(left: Uint8Array, right: Uint8Array): Bytes {
  const node = new Uint8Array(1 + 2 * DIGEST_BYTES)
  node[0] = 1
  node.set(left, 1)
  node.set(right, 1 + DIGEST_BYTES)
  return sha256(node)
}

function digestOf(bytes: Uint8Array | undefined): Bytes {
  if (bytes?.length !== DIGEST_BYTES) throw new HoardError('shard-damaged', { digestBytes: bytes?.length ?? 0 })
  return new Uint8Array(bytes)
}

function isRange(leafCount: number, first: number, count: number): boolean {
  return (
    [leafCount, first, count].every(Number.isSafeInteger) && first >= 0 && count >= 1 && first + count <= leafCount && leafCount < 2 ** 31
  )
}
