import type { Bytes } from '../core/bytes.ts'
import { encodeDescriptor, shardCountFor } from '../core/descriptor.ts'
import type { GroupKey, ShardId } from '../core/ids.ts'
import { merkleRoot } from '../core/merkle.ts'
import { shardLength, stripeCount, stripeSpan, type StripeSpan } from '../core/segment.ts'
import { shardIdOf } from '../core/shard-id.ts'
import { LEAF_BYTES } from '../core/sizes.ts'
import type { Coder } from '../ports/coder.ts'
import { ahead } from './ahead.ts'
import type { OwnSegment } from './journal.ts'
import { newSegment } from './journal-rows.ts'
import type { FileCode } from './carrier.ts'
import { redone } from './redone.ts'

/** Where the sealed bytes of a segment come from. */
export interface SegmentSource {
  readonly sealedLength: number
  /** Returns the sealed bytes of a stripe, which the caller consumes. */
  readStripe(span: StripeSpan): Promise<Bytes>
  /** Called with every stripe and how to get the leaf digests of its slices; what it throws ends the work. */
  onDigests?(span: StripeSpan, leavesOf: (slice: number) => readonly Bytes[]): void
}

const DIGEST_BYTES = 32

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
): Promise<OwnSegment> {
  const { sealedLength } = source
  const t = shardCountFor(n)
  const leavesByShard: Bytes[][] = Array.from({ length: t }, () => [])
  const stripes = stripeCount(sealedLength, k)
  const described = ahead(stripes, coder.lanes, async (stripe) => {
    const span = stripeSpan(sealedLength, k, stripe)
    const digests = await redone(async () => coder.digestStripe({ k, t }, await source.readStripe(span)))
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

/** Returns a segment that is in memory whole: a manifest or a link. */
export function sealedInMemory(sealed: Bytes): SegmentSource {
  return {
    sealedLength: sealed.length,
    readStripe: async ({ offset, length }) => sealed.slice(offset, offset + length),
  }
}

/** Returns the 32-byte digests that lie one after the other in `digests`. */
export function splitDigests(digests: Bytes): Bytes[] {
  return Array.from({ length: digests.length / DIGEST_BYTES }, (_, at) => digests.slice(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES))
}
