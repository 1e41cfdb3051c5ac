import { type CheckedClaim, skimClaim } from '../../core/claim.ts'
import { hex, type Bytes } from '../../core/bytes.ts'
import type { PeerId } from '../../core/ids.ts'
import { ranks, type Roll, type RollRow, type Telling } from '../roll/roll.ts'
import type { PieceByIndex, PlacedSegment } from '../placing/placed-segment.ts'
import type { Journal } from './journal.ts'
import type { Keeping, NotedSegment } from './journal-notes.ts'
import type { OwnGroup } from './own-group.ts'

/** Puts into the roll of an own group what the journal has of it: the claims of its holders, and the pieces that they were given. */
export function fillRoll(roll: Roll, segments: Iterable<NotedSegment>, claims: ReadonlyMap<PeerId, Bytes>, now: number): void {
  for (const [holder, claim] of claims) putClaim(roll, holder, claim, now)
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
  const said = skimClaim(claim)
  if (said === undefined || said.seq <= (roll.find(holder)?.seq ?? -1)) return
  const telling = { teller: holder, rank: ranks.holder, isPlacers: false }
  roll.put({ holder, seq: said.seq, takenAt, rows: said.rows, telling, bytes: claim.length })
}

/**
 * Puts a checked claim that somebody told; one that its holder told itself is written down. Those in `room` go for it.
 * Does nothing when the group was ended or forgotten meanwhile. Throws what the journal throws.
 */
export async function adoptClaim(
  journal: Journal,
  group: OwnGroup,
  { claim, telling, room }: { readonly claim: CheckedClaim; readonly telling: Telling; readonly room: readonly PeerId[] },
): Promise<void> {
  const { groupId, roll, segments } = group
  const { holder, seq, bytes } = claim
  await journal.change(group, () => {
    const note = journal.group(groupId)
    if (note === undefined || note.tombstone !== null) return { notes: [], assign: () => undefined }
    const ours = new Set(Array.from(segments.values(), ({ segmentId }) => hex(segmentId)))
    return {
      notes: telling.rank === ranks.holder ? [{ of: 'claim', groupId, holder, claim: bytes }] : [],
      assign() {
        for (const other of room) roll.drop(other)
        const rows = claim.rows.filter(({ segmentId }) => ours.has(hex(segmentId)))
        roll.put({ holder, seq, takenAt: journal.now(), rows, telling, bytes: bytes.length })
      },
    }
  })
}

/** Notes in the roll what became of the pieces that this device placed. */
export function notePieces(
  roll: Roll,
  { segmentId }: PlacedSegment,
  { before, after, now }: { readonly before: PieceByIndex; readonly after: PieceByIndex; readonly now: number },
): void {
  for (const { index, holder, stage } of before.values()) {
    const isLost = stage !== 'assigned' && after.get(index)?.holder !== holder
    if (isLost && roll.rowOf(holder, segmentId)?.index === index) roll.noteFailed(holder, segmentId)
  }
  for (const { index, holder, stage } of after.values()) {
    if (stage === 'assigned') continue
    roll.addRow({ holder, segmentId, index, toldAt: now })
    const isNew = stage === 'verified' && before.get(index)?.stage !== 'verified'
    if (isNew || (stage === 'verified' && before.get(index)?.holder !== holder)) roll.noteChecked(holder, now, segmentId)
  }
}

/** Returns everybody to write down who keeps or may have a piece of the segment, once it has these pieces. */
export function keepersAfter(roll: Roll, { segmentId }: PlacedSegment, pieces: PieceByIndex, now: number): readonly Keeping[] {
  const placed = [...pieces.values()].map((piece): Keeping => {
    const row = roll.rowOf(piece.holder, segmentId)
    const known = row?.index === piece.index ? row : undefined
    const checkedAt = piece.stage === 'verified' ? (known?.checkedAt ?? now) : undefined
    return { ...piece, toldAt: known?.toldAt ?? now, ...(checkedAt !== undefined && { checkedAt }) }
  })
  const others = roll.keepersOf(segmentId).filter((row) => isProven(row) && pieces.get(row.index)?.holder !== row.holder)
  const adopted = others.map(({ holder, index, toldAt, checkedAt = now }): Keeping => ({
    holder,
    index,
    stage: 'verified',
    toldAt,
    checkedAt,
  }))
  return [...placed, ...adopted]
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
