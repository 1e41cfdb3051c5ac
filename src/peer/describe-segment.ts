import type { Bytes } from '../core/bytes.ts'
import { encodeDescriptor, shardCountFor } from '../core/descriptor.ts'
import type { GroupKey, ShardId } from '../core/ids.ts'
import { merkleRoot } from '../core/merkle.ts'
import { shardLength, stripeCount, stripeSpan, type StripeSpan } from '../core/segment.ts'
import { shardIdOf } from '../core/shard-id.ts'
import { LEAF_BYTES } from '../core/sizes.ts'
import type { Coder } from '../ports/coder.ts'
import { newSegment, type OwnSegment } from './journal.ts'
import type { FileCode } from './own-file.ts'

const DIGEST_BYTES = 32

/**
 * Codes a whole segment once, keeping only digests, and returns it with its descriptor; nothing is placed yet.
 * @param readStripe returns the sealed bytes of a stripe; they are consumed
 * Source: SPEC.md DSC1, SHD1.
 */
export async function describeSegment(
  coder: Coder,
  { k, m, n }: FileCode,
  groupKey: GroupKey,
  sealedLength: number,
  readStripe: (span: StripeSpan) => Promise<Bytes>,
  signal: AbortSignal,
): Promise<OwnSegment> {
  const t = shardCountFor(n)
  const leavesByShard: Bytes[][] = Array.from({ length: t }, () => [])
  const stripes = stripeCount(sealedLength, k)
  let next = readStripe(stripeSpan(sealedLength, k, 0))
  for (let stripe = 0; stripe < stripes; stripe++) {
    signal.throwIfAborted()
    const { sliceBytes } = stripeSpan(sealedLength, k, stripe)
    const bytes = await next
    if (stripe + 1 < stripes) {
      next = readStripe(stripeSpan(sealedLength, k, stripe + 1))
      next.catch(() => undefined)
    }
    const digests = await coder.digestStripe({ k, t }, bytes)
    const leavesPerSlice = Math.ceil(sliceBytes / LEAF_BYTES)
    leavesByShard.forEach((leaves, index) => {
      for (let leaf = 0; leaf < leavesPerSlice; leaf++) {
        const at = (index * leavesPerSlice + leaf) * DIGEST_BYTES
        leaves.push(digests.slice(at, at + DIGEST_BYTES))
      }
    })
  }
  const length = shardLength(sealedLength, k)
  const shardIds: ShardId[] = leavesByShard.map((leaves, index) => shardIdOf(index, length, merkleRoot(leaves)))
  return newSegment(encodeDescriptor({ k, m, n, sealedLength, groupKey, shardIds }))
}
