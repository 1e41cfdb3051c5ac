import type { PeerId } from '../../core/ids.ts'
import type { Look } from '../roll/roll.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import { keepersAfter } from './enroll.ts'
import type { Journal } from './journal.ts'
import type { Keeping } from './journal-notes.ts'
import { commitPieces, placeIn, type OwnGroup } from './own-group.ts'

/**
 * Writes down what a look at piece `index` of a segment found with `holder`: it is verified from then on, or kept by that person no more.
 * `at` is the place of the segment in its group. Throws what the journal throws.
 */
export async function commitLook(
  journal: Journal,
  group: OwnGroup,
  [at, segment]: readonly [number, PlacedSegment],
  { holder, index, look }: { readonly holder: PeerId; readonly index: number; readonly look: Look },
): Promise<void> {
  const isPiece = (piece: { readonly holder: PeerId; readonly index: number }): boolean => piece.holder === holder && piece.index === index
  if (look.found === 'nothing') {
    // A row that has not failed would be written down again as kept by somebody to whom others gave the piece.
    if (group.roll.rowOf(holder, segment.segmentId)?.index === index) group.roll.noteFailed(holder, segment.segmentId)
    await commitPieces(journal, group, at, segment, (pieces) => [...pieces].filter(([, piece]) => !isPiece(piece)))
    return
  }
  await commitPieces(journal, group, at, segment, (pieces) =>
    [...pieces].map(([place, piece]) => [place, isPiece(piece) ? { ...piece, stage: 'verified' } : piece] as const),
  )
  const { groupId, roll } = group
  await journal.change(group, () => {
    const row = roll.rowOf(holder, segment.segmentId)
    if (row?.index !== index) return { notes: [], assign: () => undefined }
    const { pieceByIndex } = segment
    const keepers = keepersAfter(roll, segment, { before: pieceByIndex, after: pieceByIndex, now: look.at }, () => false)
    const checked: Keeping = { holder, index, stage: 'verified', toldAt: row.toldAt, checkedAt: look.at }
    const isNoted = keepers.some(isPiece)
    const noted = isNoted ? keepers.map((keeping) => (isPiece(keeping) ? checked : keeping)) : [...keepers, checked]
    return {
      notes: [{ of: 'segment', groupId, at: placeIn(group, at), segment, keepers: noted }],
      assign: () => roll.noteChecked(holder, look.at, segment.segmentId),
    }
  })
}
