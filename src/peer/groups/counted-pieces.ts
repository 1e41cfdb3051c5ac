import { indicesToMake } from '../../core/healing/new-pieces.ts'
import { knownOf, type PieceSeen } from '../../core/healing/repair-need.ts'
import type { PeerId } from '../../core/ids.ts'
import type { KnownPieces } from '../checking/known-pieces.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import type { RollKeeper } from '../roll/roll.ts'
import { isKept, isProven } from './enroll.ts'
import type { OwnGroup } from './own-group.ts'

/** Counts the pieces of own groups as healing does. */
export type Counting = Pick<KnownPieces, 'seen'>

/**
 * Tells whether a piece counts for its owner: a leaf of it was read here, its row counts by what was found out since, and its holder is not
 * lost. SPEC HTH1.
 */
export function isCounted(counting: Counting, row: RollKeeper, { segmentId }: PlacedSegment): boolean {
  return isProven(row) && countsStill(counting.seen(row, segmentId))
}

/** Tells whether a piece is listed for its owner: it counts, or was placed by this device and is not read back yet. */
export function isListed(counting: Counting, row: RollKeeper, segment: PlacedSegment): boolean {
  return isKept(row, segment) && countsStill(counting.seen(row, segment.segmentId))
}

/** Returns the indices of a segment that count for its owner. */
export function countedIndices(counting: Counting, { roll }: OwnGroup, segment: PlacedSegment): ReadonlySet<number> {
  return new Set(roll.keepersOf(segment.segmentId).flatMap((row) => (isCounted(counting, row, segment) ? [row.index] : [])))
}

/** Returns the indices of a segment that count, or were placed by this device and are not read back yet: nothing is sent for them. */
export function keptIndices(counting: Counting, group: OwnGroup, segment: PlacedSegment): ReadonlySet<number> {
  return new Set(keptPieces(counting, group, segment).flatMap((piece) => (countsStill(piece) ? [piece.index] : [])))
}

/**
 * Returns the indices to be placed so that n different ones are kept, best first: none while there are as many. What others told of a
 * holder fills no place before a piece of it was read.
 * Source: SPEC.md RPR7.
 */
export function missingIndices(counting: Counting, group: OwnGroup, segment: PlacedSegment): readonly number[] {
  const { n, shardIds } = segment.descriptor
  const pieces = keptPieces(counting, group, segment)
  const missing = n - knownOf(pieces).known
  return missing > 0 ? indicesToMake(shardIds.length, pieces).slice(0, missing) : []
}

function keptPieces(counting: Counting, { roll }: OwnGroup, segment: PlacedSegment): readonly PieceSeen<PeerId>[] {
  const { segmentId } = segment
  return roll.keepersOf(segmentId).flatMap((row) => (isKept(row, segment) ? [counting.seen(row, segmentId)] : []))
}

function countsStill({ standing, isLost }: PieceSeen): boolean {
  return !isLost && (standing === 'proven' || standing === 'told')
}
