import type { Bytes } from '../../core/bytes.ts'
import { encodeDescriptor, shardCountFor } from '../../core/descriptor.ts'
import type { GroupKey, ShardId } from '../../core/ids.ts'
import { merkleRoot, splitDigests } from '../../core/merkle.ts'
import { shardLength, stripeCount, stripeSpan } from '../../core/segment.ts'
import { shardIdOf } from '../../core/shard-id.ts'
import { LEAF_BYTES } from '../../core/sizes.ts'
import type { Coder } from '../../ports/coder.ts'
import { prefetch } from '../../flow/prefetch.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import { newSegment, type PlacedSegment } from './placed-segment.ts'
import type { SegmentSource } from './segment-source.ts'
import type { FileCode } from '../../core/policy.ts'

/**
 * Codes a whole segment once, keeping only digests, and returns it with its descriptor; nothing is placed yet.
 * Source: SPEC.md DSC1, SHD1.
 */
export async function describeSegment(
  coder: Coder,
  { k, m, n }: FileCode,
  groupKey: GroupKey,
  source: SegmentSource,
  signal: AbortSignal,
): Promise<PlacedSegment> {
  const { sealedLength } = source
  const t = shardCountFor(n)
  const leavesByShard: Bytes[][] = Array.from({ length: t }, () => [])
  const stripes = stripeCount(sealedLength, k)
  const described = prefetch(stripes, coder.lanes, async (stripe) => {
    const span = stripeSpan(sealedLength, k, stripe)
    const digests = await retryWorker(async () => coder.digestStripe({ k, t }, await source.readStripe(span)))
    return { span, digests: splitDigests(digests) }
  })
  for await (const { span, digests } of described) {
    signal.throwIfAborted()
    const leavesPerSlice = Math.ceil(span.sliceBytes / LEAF_BYTES)
    const leavesOf = (slice: number): readonly Bytes[] => digests.slice(slice * leavesPerSlice, (slice + 1) * leavesPerSlice)
    source.onDigests?.(span, leavesOf)
    leavesByShard.forEach((leaves, index) => leaves.push(...leavesOf(index)))
  }
  const length = shardLength(sealedLength, k)
  const shardIds: ShardId[] = leavesByShard.map((leaves, index) => shardIdOf(index, length, merkleRoot(leaves)))
  return newSegment(encodeDescriptor({ k, m, n, sealedLength, groupKey, shardIds }))
}
