import { assert } from './errors.ts'
import { sealedLength } from './records.ts'
import { LEAF_BYTES, MAX_GROUP_SEGMENTS, MAX_SEGMENT_BYTES, MAX_SHARDS, RECORD_SEALED_BYTES, SLICE_BYTES } from './sizes.ts'

/** One segment of a file: which sealed bytes and records it holds. Offsets and lengths in bytes. SPEC SEG2. */
export interface SegmentPlan {
  readonly index: number
  /** In the sealed bytes of the whole file. */
  readonly sealedOffset: number
  readonly sealedLength: number
  /** Number, in the whole file, of the record the segment begins with. */
  readonly firstRecord: number
  readonly records: number
  readonly stripes: number
}

/** One stripe of a segment. Offset (in the segment) and lengths in bytes. SPEC SEG4. */
export interface StripeSpan {
  readonly index: number
  readonly offset: number
  readonly length: number
  /** Bytes of each of its slices: 262,144, in a short last stripe ceil(length / k). */
  readonly sliceBytes: number
}

/** One leaf of a shard. Offset (in the shard) and length in bytes. SPEC SEG6. */
export interface LeafSpan {
  readonly stripe: number
  readonly offset: number
  readonly length: number
}

const LEAVES_PER_SLICE = SLICE_BYTES / LEAF_BYTES

/**
 * Returns the segments of a file of `size` bytes: as few as hold it, as even as whole stripes allow, longer ones first. Every segment
 * begins with a record.
 * @param size bytes of the file before padding
 * @param k slices that rebuild a stripe, 2..255
 * @param segmentBytes most sealed bytes per segment; at least one stripe (k x 262,144), at most 64 MiB
 * Source: SPEC.md SEG1, SEG2.
 */
export function planSegments(size: number, k: number, segmentBytes: number): readonly SegmentPlan[] {
  return planPart({ sealedOffset: 0, sealedLength: sealedLength(size) }, k, segmentBytes)
}

/**
 * Returns the segments of a part of a file that begins with a record and ends with one: those of one group, cut like a whole file.
 * Source: SPEC.md SEG2, RCD3.
 */
export function planPart(
  { sealedOffset: start, sealedLength: length }: Pick<SegmentPlan, 'sealedOffset' | 'sealedLength'>,
  k: number,
  segmentBytes: number,
): readonly SegmentPlan[] {
  const end = start + length
  const stripeBytes = fullStripeBytes(k)
  assert(segmentBytes >= stripeBytes && segmentBytes <= MAX_SEGMENT_BYTES, 'a segment holds at least one stripe and at most 64 MiB')
  const stripes = Math.ceil(length / stripeBytes)
  const count = Math.ceil(stripes / Math.floor(segmentBytes / stripeBytes))
  const plans: SegmentPlan[] = []
  let sealedOffset = start
  for (let index = 0; index < count; index++) {
    const ownStripes = Math.floor(stripes / count) + (index < stripes % count ? 1 : 0)
    const ownLength = Math.min(ownStripes * stripeBytes, end - sealedOffset)
    plans.push({
      index,
      sealedOffset,
      sealedLength: ownLength,
      firstRecord: sealedOffset / RECORD_SEALED_BYTES,
      records: Math.ceil(ownLength / RECORD_SEALED_BYTES),
      stripes: ownStripes,
    })
    sealedOffset += ownLength
  }
  return plans
}

/** Returns the number of stripes of a segment of `sealedLength` bytes. SPEC SEG3. */
export function stripeCount(sealedLength: number, k: number): number {
  assertSegment(sealedLength)
  return Math.ceil(sealedLength / fullStripeBytes(k))
}

/**
 * Returns the place of stripe number `index` in a segment of `sealedLength` bytes, and the length of its slices.
 * Source: SPEC.md SEG4.
 */
export function stripeSpan(sealedLength: number, k: number, index: number): StripeSpan {
  assert(Number.isInteger(index) && index >= 0 && index < stripeCount(sealedLength, k), 'a stripe lies in its segment')
  const offset = index * fullStripeBytes(k)
  const length = Math.min(fullStripeBytes(k), sealedLength - offset)
  return { index, offset, length, sliceBytes: Math.ceil(length / k) }
}

/** Returns the bytes of each shard of a segment of `sealedLength` bytes: all its slices, in the order of stripes. SPEC SEG5. */
export function shardLength(sealedLength: number, k: number): number {
  const last = stripeSpan(sealedLength, k, stripeCount(sealedLength, k) - 1)
  return sliceOffset(sealedLength, k, last.index) + last.sliceBytes
}

/** Returns the offset, in a shard, of the slice of stripe number `stripe`. SPEC SEG5. */
export function sliceOffset(sealedLength: number, k: number, stripe: number): number {
  assert(Number.isInteger(stripe) && stripe >= 0 && stripe < stripeCount(sealedLength, k), 'a stripe lies in its segment')
  return stripe * SLICE_BYTES
}

/** Returns the number of leaves of each shard of a segment: every slice begins with a new leaf. SPEC SEG6. */
export function leavesOfShard(sealedLength: number, k: number): number {
  return Math.ceil(shardLength(sealedLength, k) / LEAF_BYTES)
}

/** Returns the place of leaf number `leaf` in a shard; leaf j of stripe s is number 4s + j. SPEC SEG6. */
export function leafSpan(sealedLength: number, k: number, leaf: number): LeafSpan {
  const shard = shardLength(sealedLength, k)
  const offset = leaf * LEAF_BYTES
  assert(Number.isInteger(leaf) && leaf >= 0 && offset < shard, 'a leaf lies in its shard')
  return { stripe: Math.floor(leaf / LEAVES_PER_SLICE), offset, length: Math.min(LEAF_BYTES, shard - offset) }
}

/** Returns the number of content segments in each group of a file, in order: 224 each, the last one the rest. SPEC SEG7. */
export function groupSplit(segments: number): readonly number[] {
  assert(Number.isInteger(segments) && segments >= 1, 'a file has at least one segment')
  const split: number[] = []
  for (let left = segments; left > 0; left -= MAX_GROUP_SEGMENTS) split.push(Math.min(MAX_GROUP_SEGMENTS, left))
  return split
}

function fullStripeBytes(k: number): number {
  assert(Number.isInteger(k) && k >= 2 && k <= MAX_SHARDS, 'k is an integer in 2..255')
  return k * SLICE_BYTES
}

function assertSegment(sealedLength: number): void {
  assert(Number.isInteger(sealedLength) && sealedLength >= 1 && sealedLength <= MAX_SEGMENT_BYTES, 'a segment holds 1 byte to 64 MiB')
}

/** Returns the number of records in a segment of `sealedLength` bytes. */
export function recordsIn(sealedLength: number): number {
  return Math.ceil(sealedLength / RECORD_SEALED_BYTES)
}
