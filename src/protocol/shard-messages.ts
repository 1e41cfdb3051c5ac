import { bytesOf, bytesUpTo, idOf, listOf, optional, tuple, uint } from '../core/encoding.ts'
import type { Bytes } from '../core/bytes.ts'
import { MAX_CHARTER_BYTES } from '../core/charter.ts'
import { MAX_CLAIM_BYTES } from '../core/claim.ts'
import { MAX_DESCRIPTOR_BYTES } from '../core/descriptor.ts'
import { MAX_PERMIT_BYTES } from '../core/permit.ts'
import type { SegmentId, PeerId } from '../core/ids.ts'
import { LEAF_BYTES, MAX_SEGMENT_BYTES, MAX_SHARDS } from '../core/sizes.ts'
import { FETCH_LEAVES, LEAST_REPAIR_CLAIMS, MOST_REPAIR_CLAIMS } from './limits.ts'
import { messageFormat } from './message.ts'
import { keptInstead, refusalFor, refusalShape } from './refusal.ts'

/** Most segments that one HAS names. SPEC SHA3. */
export const MAX_HAS_SEGMENTS = 512
/** Most sibling nodes of one range: more than two for each level of the tallest tree. SPEC FET2. */
const MAX_PROOF_NODES = 64

const index = uint(MAX_SHARDS - 1)
const rows = listOf(tuple<readonly [SegmentId, number]>(idOf<SegmentId>(), index), { max: MAX_HAS_SEGMENTS })

/** Messages of the side that opens a shard conversation. SPEC SHA. */
export const shardRequests = messageFormat('shard-request', {
  describe: { segmentId: idOf<SegmentId>() },
  store: {
    descriptor: bytesUpTo(MAX_DESCRIPTOR_BYTES, 1),
    charter: bytesUpTo(MAX_CHARTER_BYTES, 1),
    index,
    permit: optional(bytesUpTo(MAX_PERMIT_BYTES, 1)),
  },
  fetch: {
    segmentId: idOf<SegmentId>(),
    index,
    /** First leaf and count, in ascending order; at most 16 leaves in all. */
    ranges: listOf(tuple<readonly [number, number]>(uint(MAX_SEGMENT_BYTES / LEAF_BYTES), uint(FETCH_LEAVES, 1)), {
      min: 1,
      max: FETCH_LEAVES,
    }),
  },
  has: { segmentIds: listOf(idOf<SegmentId>(), { min: 1, max: MAX_HAS_SEGMENTS }) },
  /** `count` frames follow, one claim each. */
  repair: {
    descriptor: bytesUpTo(MAX_DESCRIPTOR_BYTES, 1),
    charter: bytesUpTo(MAX_CHARTER_BYTES, 1),
    index,
    count: uint(MOST_REPAIR_CLAIMS, LEAST_REPAIR_CLAIMS),
  },
})

/** Messages of the answering holder. Data frames of `length` bytes in all follow `leaves`. SPEC SHA. */
export const shardAnswers = messageFormat('shard-answer', {
  refused: { refusal: refusalShape, kept: optional(index) },
  described: { descriptor: bytesUpTo(MAX_DESCRIPTOR_BYTES, 1) },
  wanted: { from: uint(MAX_SEGMENT_BYTES) },
  acknowledged: { offset: uint(MAX_SEGMENT_BYTES) },
  kept: { claim: bytesUpTo(MAX_CLAIM_BYTES, 1) },
  leaves: {
    length: uint(FETCH_LEAVES * LEAF_BYTES),
    proofs: listOf(listOf(bytesOf(32), { max: MAX_PROOF_NODES }), { min: 1, max: FETCH_LEAVES }),
  },
  has: { rows },
})

/** Any request of a shard conversation. */
export type ShardRequest = ReturnType<typeof shardRequests.decode>
/** Any answer of a shard conversation. */
export type ShardAnswer = ReturnType<typeof shardAnswers.decode>

/** The shard of a segment that a holder keeps. */
export interface HasRow {
  readonly segmentId: SegmentId
  readonly index: number
}

/** One range of leaves: the number of the first one, and their count. */
export interface LeafRange {
  readonly first: number
  readonly count: number
}

/** The content of a STORE, unchecked. */
export interface StoreRequest {
  readonly descriptor: Bytes
  readonly charter: Bytes
  readonly index: number
  /** The owner's wish that this holder keep this shard. */
  readonly permit?: Bytes
}

/** The content of a REPAIR, unchecked: evidence that others keep the segment stands in place of a permit. */
export interface RepairRequest extends Omit<StoreRequest, 'permit'> {
  /** Claims of others on the segment: 2 to 254 of them, 1 MiB in all. */
  readonly claims: readonly Bytes[]
}

/** The content of a FETCH. */
export interface FetchRequest {
  readonly segmentId: SegmentId
  readonly index: number
  readonly ranges: readonly LeafRange[]
}

/** A holder's answer to a STORE that it takes. */
export type Admission =
  | { readonly is: 'kept'; readonly claim: Bytes }
  | {
      readonly is: 'wanted'
      /** Offset to go on at: the holder has the bytes before it on disk. */
      readonly from: number
      /** Bytes of the whole shard. */
      readonly length: number
      /** Aborts when `peer` begins the same shard over another stream: this store ends and leaves its bytes to that one. */
      readonly signal: AbortSignal
      /** Writes the next bytes, in order; resolves once they are durable enough to resume from. */
      write(bytes: Uint8Array): Promise<void>
      /** Checks the whole shard against its id, keeps it and returns the signed claim. */
      finish(): Promise<Bytes>
      /** Gives back the reserved room; written bytes stay half-done. `handleStore` calls it at the end, also after `finish`. */
      release(): void | Promise<void>
    }

/**
 * The holder's side of the shard conversation. Every method throws HoardError 'holder-refused', or an error that `refusalFor` turns into a
 * refusal.
 */
export interface ShardHost {
  describe(segmentId: SegmentId): Promise<Bytes>
  has(segmentIds: readonly SegmentId[]): Promise<readonly HasRow[]>
  /** Returns the leaves of all ranges one after the other, and the proof of each range. */
  read(request: FetchRequest): Promise<{ readonly bytes: Bytes; readonly proofs: readonly (readonly Bytes[])[] }>
  admit(peer: PeerId, request: StoreRequest): Promise<Admission>
  /** Admits a shard made anew by a guardian. Where it is absent, a REPAIR drops the stream, as at a peer that does not know it. SPEC REP1. */
  admitRepair?(peer: PeerId, request: RepairRequest): Promise<Admission>
}

/** Returns the answer after work that ended with `error`, undefined when the stream is to be dropped without one. SPEC REF2, ADM3. */
export function refusalAnswer(error: unknown): Extract<ShardAnswer, { is: 'refused' }> | undefined {
  const refusal = refusalFor(error)
  const kept = keptInstead(error)
  return refusal && { is: 'refused', refusal, ...(kept !== undefined && { kept }) }
}
