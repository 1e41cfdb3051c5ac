import type { Bytes } from '../../core/bytes.ts'
import type { StripeSpan } from '../../core/segment.ts'

/** The source of a segment's sealed bytes. */
export interface SegmentSource {
  readonly sealedLength: number
  /** Returns the sealed bytes of a stripe, which the caller consumes. */
  readStripe(span: StripeSpan): Promise<Bytes>
  /** Called with every stripe and a function that returns the leaf digests of a slice; an error that it throws ends the work. */
  onDigests?(span: StripeSpan, leavesOf: (slice: number) => readonly Bytes[]): void
}

/** Returns a segment that is in memory whole: a manifest or a link. */
export function sealedInMemory(sealed: Bytes): SegmentSource {
  return {
    sealedLength: sealed.length,
    readStripe: async ({ offset, length }) => sealed.slice(offset, offset + length),
  }
}
