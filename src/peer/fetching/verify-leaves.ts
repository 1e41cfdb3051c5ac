import { equalBytes, type Bytes } from '../../core/bytes.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { HoardError } from '../../core/errors.ts'
import { rootOfRange } from '../../core/merkle.ts'
import { leavesOfShard, leafSpan } from '../../core/segment.ts'
import { shardIdOf } from '../../core/shard-id.ts'
import { shardLength } from '../../core/segment.ts'
import type { Coder } from '../../ports/coder.ts'

/** A run of leaves of one shard. */
export interface LeavesOfShard {
  readonly index: number
  readonly firstLeaf: number
  readonly leaves: number
}

/**
 * Resolves with `bytes`, which are consumed, when they are exactly the leaves `range` of the shard that `descriptor` names, proven by `proof`.
 * @throws HoardError 'shard-damaged' when one bit differs or the proof does not lead to the shard id. SPEC MRK3.
 */
export async function verifyLeaves(
  coder: Coder,
  descriptor: Descriptor,
  range: LeavesOfShard,
  bytes: Bytes,
  proof: readonly Uint8Array[],
): Promise<Bytes> {
  const { sealedLength, k } = descriptor
  const expected = rangeLength(descriptor, range)
  const shardId = descriptor.shardIds[range.index]
  if (shardId === undefined || bytes.length !== expected) {
    throw new HoardError('shard-damaged', { index: range.index, expected, got: bytes.length })
  }
  const { bytes: verified, digests } = await coder.digestLeaves(bytes)
  const leaves: Bytes[] = []
  for (let at = 0; at < range.leaves; at++) leaves.push(digests.slice(32 * at, 32 * at + 32))
  const root = rootOfRange(leavesOfShard(sealedLength, k), range.firstLeaf, leaves, proof)
  if (!equalBytes(shardIdOf(range.index, shardLength(sealedLength, k), root), shardId)) {
    throw new HoardError('shard-damaged', { index: range.index, firstLeaf: range.firstLeaf })
  }
  return verified
}

function rangeLength({ sealedLength, k }: Descriptor, { firstLeaf, leaves }: LeavesOfShard): number {
  const first = leafSpan(sealedLength, k, firstLeaf)
  const last = leafSpan(sealedLength, k, firstLeaf + leaves - 1)
  return last.offset + last.length - first.offset
}
