import type { Bytes } from '../../core/bytes.ts'
import type { StripeSpan } from '../../core/segment.ts'

/** Where the sealed bytes of a segment come from. */
export interface SegmentSource {
  readonly sealedLength: number
  /** Returns the sealed bytes of a stripe, which the caller consumes. */
  readStripe(span: StripeSpan): Promise<Bytes>
  /** Called with every stripe and how to get the leaf digests of its slices; what it throws ends the work. */
  onDigests?(span: StripeSpan, leavesOf: (slice: number) => readonly Bytes[]): void
}

/** Returns a segment that is in memory whole: a manifest or a link. */
export function sealedInMemory(sealed: Bytes): SegmentSource {
  return {
    sealedLength: sealed.length,
    readStripe: async ({ offset, length }) => sealed.slice(offset, offset + length),
  }
}
