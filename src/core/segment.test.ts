import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sealedLength } from './records.ts'
import {
  groupSplit,
  leafSpan,
  leavesOfShard,
  planSegments,
  shardLength,
  sliceOffset,
  stripeCount,
  stripeSpan,
  type SegmentPlan,
} from './segment.ts'
import { MAX_SEGMENT_BYTES, SLICE_BYTES } from './sizes.ts'
import vectors from './vectors/segments.json' with { type: 'json' }

const MIB = 1024 * 1024
const rows = fc.constantFrom(2, 3, 4, 6, 8)

test.each(vectors.plans)('[SEG2] $what: $size bytes at k $k', ({ size, k, segmentBytes, segments }) => {
  const plans = planSegments(size, k, segmentBytes)
  const seen = plans.map(({ index: _index, ...plan }) => ({
    ...plan,
    shard: shardLength(plan.sealedLength, k),
    leaves: leavesOfShard(plan.sealedLength, k),
  }))
  expect(seen).toEqual(segments)
  expect(plans.map((plan) => plan.index)).toEqual([...segments.keys()])
})

test('[SEG2] the worked example puts 163,587,904 bytes on the wire', () => {
  const bytes = planSegments(40_000_000, 2, 16 * MIB).map((plan) => 8 * shardLength(plan.sealedLength, 2))
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBe(163_587_904)
})

test.each(vectors.geometry)('[SEG4] $sealed bytes at k $k: $stripes stripes, shards of $shard', (row) => {
  const last = stripeSpan(row.sealed, row.k, row.stripes - 1)
  expect([stripeCount(row.sealed, row.k), last.length, last.sliceBytes]).toEqual([row.stripes, row.lastStripe, row.lastSlice])
  expect([shardLength(row.sealed, row.k), leavesOfShard(row.sealed, row.k)]).toEqual([row.shard, row.leaves])
})

test.each(vectors.invalid)('[SIZ3] $what: no segment has $sealed bytes at k $k', ({ sealed, k }) => {
  const questions = [
    () => stripeCount(sealed, k),
    () => stripeSpan(sealed, k, 0),
    () => shardLength(sealed, k),
    () => leavesOfShard(sealed, k),
    () => leafSpan(sealed, k, 0),
    () => sliceOffset(sealed, k, 0),
  ]
  for (const ask of questions) expect(ask).toThrow('broken invariant')
})

test.each([0, 2 * SLICE_BYTES - 1, MAX_SEGMENT_BYTES + 1])('[SEG1] segments of at most %s bytes cannot be cut', (segmentBytes) => {
  expect(() => planSegments(1000, 2, segmentBytes)).toThrow('broken invariant')
})

test.each([-1, 1, 0.5])('[SEG4] a segment of one stripe has no stripe and no leaf %s', (index) => {
  expect(() => stripeSpan(4112, 2, index)).toThrow('broken invariant')
  expect(() => leafSpan(4112, 2, index)).toThrow('broken invariant')
  expect(() => sliceOffset(4112, 2, index)).toThrow('broken invariant')
})

test('[SEG2] segments cover the sealed bytes in order, begin with records and differ by at most one stripe', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 33 }), rows, fc.integer({ min: 4 * MIB, max: 64 * MIB }), (size, k, segmentBytes) => {
      const plans = planSegments(size, k, segmentBytes)
      const stripes = plans.map((plan) => plan.stripes)
      return (
        covers(plans, sealedLength(size)) &&
        plans.every((plan) => plan.sealedLength <= segmentBytes && stripeCount(plan.sealedLength, k) === plan.stripes) &&
        Math.max(...stripes) - Math.min(...stripes) <= 1
      )
    }),
    { numRuns: 300 },
  )
})

test('[SEG5] slices and leaves cover a shard without gap, and no leaf straddles two slices', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 * MIB }), rows, (sealed, k) => {
      let offset = 0
      for (let leaf = 0; leaf < leavesOfShard(sealed, k); leaf++) {
        const span = leafSpan(sealed, k, leaf)
        const slice = sliceOffset(sealed, k, span.stripe)
        const { sliceBytes } = stripeSpan(sealed, k, span.stripe)
        const isInside = span.offset >= slice && span.offset + span.length <= slice + sliceBytes
        if (span.offset !== offset || !isInside || span.length < 1 || leaf !== 4 * span.stripe + (span.offset - slice) / 65_536)
          return false
        offset += span.length
      }
      return offset === shardLength(sealed, k)
    }),
    { numRuns: 500 },
  )
})

test('[SEG6] the leaves of a shard are the leaves of its slices, counted slice by slice', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 * MIB }), fc.integer({ min: 2, max: 255 }), (sealed, k) => {
      let leaves = 0
      for (let stripe = 0; stripe < stripeCount(sealed, k); stripe++) leaves += Math.ceil(stripeSpan(sealed, k, stripe).sliceBytes / 65_536)
      return leaves === leavesOfShard(sealed, k)
    }),
    { numRuns: 500 },
  )
})

test.each(vectors.groups)('[SEG7] $segments segments make groups of $split', ({ segments, split }) => {
  expect(groupSplit(segments)).toEqual(split)
})

test.each([0, -1, 0.5])('[SEG7] %s segments make no group', (segments) => {
  expect(() => groupSplit(segments)).toThrow('broken invariant')
})

function covers(plans: readonly SegmentPlan[], sealed: number): boolean {
  let offset = 0
  let record = 0
  for (const plan of plans) {
    if (plan.sealedOffset !== offset || plan.firstRecord !== record || plan.sealedLength < 1) return false
    offset += plan.sealedLength
    record += plan.records
  }
  return offset === sealed && record === Math.ceil(sealed / 262_144)
}
