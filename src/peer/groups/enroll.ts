import { skimClaim, type ClaimFields } from '../../core/claim.ts'
import { hex, type Bytes } from '../../core/bytes.ts'
import type { PeerId } from '../../core/ids.ts'
import { ranks, type Roll, type RollRow } from '../roll/roll.ts'
import { claimedPieces, type Piece, type PieceByIndex, type PlacedSegment } from '../placing/placed-segment.ts'
import type { Keeping, NotedSegment } from './journal-notes.ts'

/** Puts into the roll of an own group what the journal has of it: the claims of its holders, and the pieces that they were given. */
export function fillRoll(roll: Roll, segments: Iterable<NotedSegment>, claims: ReadonlyMap<PeerId, Bytes>, now: number): void {
  // The journal does not say when a claim was taken: its own date stands for that, so that a start makes no claim younger.
  for (const [holder, claim] of claims) putClaim(roll, holder, claim, Math.min(now, skimClaim(claim)?.at ?? now))
  for (const { segment, keepers } of segments) {
    for (const { holder, index, stage, toldAt, checkedAt } of keepers) {
      if (stage === 'assigned') continue
      const { segmentId } = segment
      roll.addRow({ holder, segmentId, index, toldAt })
      roll.restore(segmentId, { holder, index, toldAt, ...(checkedAt !== undefined && { checkedAt }), hasFailed: false })
    }
  }
}

/** Puts the claim that a holder made itself, if it is newer than the last one; an empty one stands for a holder that never answered. */
export function putClaim(roll: Roll, holder: PeerId, claim: Bytes, takenAt: number): void {
  const said = newsIn(roll, holder, claim)
  if (said === undefined) return
  const telling = { teller: holder, rank: ranks.holder, isPlacers: false }
  roll.put({ holder, seq: said.seq, takenAt, rows: said.rows, telling, bytes: claim.length })
}

/** Returns what a holder's claim says; undefined when it is not newer than what the roll has, and for an empty one. */
export function newsIn(roll: Roll, holder: PeerId, claim: Bytes): Pick<ClaimFields, 'holder' | 'seq' | 'rows'> | undefined {
  const said = skimClaim(claim)
  return said !== undefined && said.seq > (roll.find(holder)?.seq ?? -1) ? { holder, seq: said.seq, rows: said.rows } : undefined
}

/** The pieces of a segment before a change and after it, which happens `now`, Unix milliseconds. */
export interface PieceChange {
  readonly before: PieceByIndex
  readonly after: PieceByIndex
  readonly now: number
}

/** Notes in the roll what became of the pieces that this device placed. What has not changed says nothing new about its holder. */
export function notePieces(roll: Roll, { segmentId }: PlacedSegment, { before, after, now }: PieceChange): void {
  for (const { index, holder, stage } of before.values()) {
    // A piece that was given to somebody else, since its holder is lost, counts again when that holder returns.
    const isFailed = stage !== 'assigned' && !after.has(index)
    if (isFailed && roll.rowOf(holder, segmentId)?.index === index) roll.noteFailed(holder, segmentId)
  }
  for (const piece of after.values()) {
    const { index, holder, stage } = piece
    if (stage === 'assigned' || isSame(before.get(index), piece)) continue
    roll.addRow({ holder, segmentId, index, toldAt: now })
    if (stage === 'verified') roll.noteChecked(holder, now, segmentId)
  }
}

/**
 * Returns everybody to write down who keeps or may have a piece of the segment, once it has changed.
 * @param isDenied tells of which rows of the roll their holders say no longer that they keep them
 */
export function keepersAfter(
  roll: Roll,
  { segmentId }: PlacedSegment,
  { before, after, now }: PieceChange,
  isDenied: (row: RollRow) => boolean,
): readonly Keeping[] {
  const placed = [...after.values()].map((piece): Keeping => {
    const row = roll.rowOf(piece.holder, segmentId)
    const known = row?.index === piece.index ? row : undefined
    const readAt = isSame(before.get(piece.index), piece) ? known?.checkedAt : now
    return {
      ...piece,
      toldAt: known?.toldAt ?? now,
      ...(piece.stage === 'verified' && readAt !== undefined && { checkedAt: readAt }),
    }
  })
  const adopted = roll.keepersOf(segmentId).flatMap((row): readonly Keeping[] => {
    const { holder, index, toldAt, checkedAt } = row
    if (checkedAt === undefined || !isProven(row) || isDenied(row) || after.get(index)?.holder === holder) return []
    return [{ holder, index, stage: 'verified', toldAt, checkedAt }]
  })
  return [...placed, ...adopted]
}

function isSame(before: Piece | undefined, { holder, stage }: Piece): boolean {
  return before?.holder === holder && before.stage === stage
}

/** Returns the places of the segments of which a claim says no longer what this owner knows of its holder. */
export function deniedPlaces(
  { roll, segments }: { readonly roll: Roll; readonly segments: ReadonlyMap<number, PlacedSegment> },
  { holder, rows }: Pick<ClaimFields, 'holder' | 'rows'>,
): readonly number[] {
  const indexBySegment = new Map(rows.map(({ segmentId, index }) => [hex(segmentId), index]))
  const isDenied = (segment: PlacedSegment): boolean => {
    const index = indexBySegment.get(hex(segment.segmentId))
    const row = roll.rowOf(holder, segment.segmentId)
    if (row !== undefined && isProven(row) && row.index !== index) return true
    return claimedPieces(segment).some((piece) => piece.holder === holder && piece.index !== index)
  }
  return [...segments].flatMap(([at, segment]) => (isDenied(segment) ? [at] : []))
}

/** Tells whether a piece was read back from its holder, and no later look at it was in vain. */
export function isProven({ checkedAt, hasFailed }: RollRow): boolean {
  return checkedAt !== undefined && !hasFailed
}

/**
 * Tells whether a piece was read back from its holder, or was placed with it by this device, and no later look was in vain. What a person
 * merely says of itself counts for nothing: anybody with the ids of the group could say it.
 */
export function isKept(row: RollRow, segment: PlacedSegment): boolean {
  return isProven(row) || (!row.hasFailed && isPlacedWith(row.holder, segment, row.index))
}

/** Tells whether this device placed a piece of the segment with the person, who claimed it. */
export function isPlacedWith(holder: PeerId, { pieceByIndex }: PlacedSegment, index: number): boolean {
  const piece = pieceByIndex.get(index)
  return piece?.holder === holder && piece.stage !== 'assigned'
}
