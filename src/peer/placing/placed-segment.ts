import type { Bytes } from '../../core/bytes.ts'
import { decodeDescriptor, segmentIdOf, type Descriptor } from '../../core/descriptor.ts'
import type { SegmentId, PeerId } from '../../core/ids.ts'

/** Stage of a piece: promised to a holder, claimed by it, or read back from it. */
export type PieceStage = 'assigned' | 'claimed' | 'verified'

/** One piece of a segment, and the holder it is meant for. */
export interface Piece {
  readonly index: number
  readonly holder: PeerId
  readonly stage: PieceStage
}

/** The pieces of a segment, by index. */
export type PieceByIndex = ReadonlyMap<number, Piece>

/** A described segment: its descriptor and the holders of its pieces. */
export interface PlacedSegment {
  readonly encoded: Bytes
  readonly descriptor: Descriptor
  readonly segmentId: SegmentId
  readonly pieceByIndex: PieceByIndex
}

/** Returns a segment about which nothing but its descriptor is known. */
export function newSegment(encoded: Bytes): PlacedSegment {
  return { encoded, descriptor: decodeDescriptor(encoded), segmentId: segmentIdOf(encoded), pieceByIndex: new Map() }
}

/** Returns the pieces that a holder claims. */
export function claimedPieces({ pieceByIndex }: PlacedSegment): readonly Piece[] {
  return [...pieceByIndex.values()].filter(({ stage }) => stage !== 'assigned')
}

/** Returns the pieces that were read back. */
export function verifiedPieces({ pieceByIndex }: PlacedSegment): readonly Piece[] {
  return [...pieceByIndex.values()].filter(({ stage }) => stage === 'verified')
}

/** Tells whether a holder claims piece `index`. */
export function isClaimed({ pieceByIndex }: PlacedSegment, index: number): boolean {
  return (pieceByIndex.get(index)?.stage ?? 'assigned') !== 'assigned'
}
