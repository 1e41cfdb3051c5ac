import { standingOf, type Conduct, type RowEvidence, type Standing } from '../../core/healing/evidence.ts'
import type { PieceTold } from '../../core/healing/repair-need.ts'
import type { PeerId, SegmentId } from '../../core/ids.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { pieceText, type PieceName } from '../people/evidence/conduct-book.ts'
import type { People } from '../people/people.ts'
import type { Roll, RollHolder, RollKeeper, RollRow } from '../roll/roll.ts'

/** Tells how much what people claim counts here. */
export interface KnownPieces {
  /** Returns every row of a roll about a segment as it counts now: what a guardian and an owner decide by. */
  of(roll: Roll, segmentId: SegmentId): readonly PieceTold<PeerId>[]
  /** Returns one of these rows as it counts now. */
  seen(row: RollKeeper, segmentId: SegmentId): PieceTold<PeerId>
  /** Returns how much a row of the claim counts that was taken at `takenAt`, Unix milliseconds. */
  standingOf(row: RollRow & Pick<PieceName, 'segmentId'>, takenAt: number): Standing
}

/**
 * Returns the counting of pieces by the conduct of people.
 * @param lostSince returns since when a holder is given up, Unix milliseconds; undefined while it is not
 * Source: core SPEC.md EVD1 to EVD4.
 */
export function createKnownPieces(
  { clock, network, policy }: Pick<PeerParts, 'clock' | 'network' | 'policy'>,
  people: Pick<People, 'known' | 'conduct'>,
  lostSince: (holder: Pick<RollHolder, 'holder' | 'takenAt'>) => number | undefined,
): KnownPieces {
  const { lostAfterMs } = policy.presence
  const standing = (row: RollRow, segmentId: SegmentId, takenAt: number): Standing => {
    const conduct = people.conduct.of(row.holder)
    return standingOf(conduct, evidenceOf(conduct, row, segmentId, takenAt), clock.now(), lostAfterMs)
  }
  const seenAt = (peer: PeerId, takenAt: number): number => {
    const person = people.known(peer)
    return person?.isHere === true ? clock.now() : Math.max(takenAt, person?.seenAt ?? 0, person?.seenBefore ?? 0)
  }

  const seen: KnownPieces['seen'] = (row, segmentId) => {
    const { holder: peer, index, takenAt, toldAt } = row
    if (peer === network.self) return { index, peer, toldAt, standing: 'proven', isLost: false, lastSeenAt: clock.now() }
    return {
      index,
      peer,
      toldAt,
      standing: standing(row, segmentId, takenAt),
      isLost: lostSince(row) !== undefined,
      lastSeenAt: seenAt(peer, takenAt),
    }
  }

  return {
    of: (roll, segmentId) => roll.keepersOf(segmentId).map((row) => seen(row, segmentId)),
    seen,
    standingOf: (row, takenAt) => standing(row, row.segmentId, takenAt),
  }
}

/** A read proves the piece that it read also where the roll of the group does not hear of it. */
function evidenceOf(conduct: Conduct, row: RollRow, segmentId: SegmentId, takenAt: number): RowEvidence {
  const { index, toldAt, checkedAt = 0 } = row
  // Screens go through every row of every file: the text is made only where the roll's own check says too little, and a read may say more.
  if (checkedAt > conduct.voidedAt || conduct.checks.length === 0) {
    return {
      get shard() {
        return pieceText({ segmentId, index })
      },
      toldAt,
      takenAt,
      checkedAt: checkedAt === 0 ? undefined : checkedAt,
    }
  }
  const shard = pieceText({ segmentId, index })
  const readAt = conduct.checks.find((check) => check.shard === shard)?.at ?? 0
  const lastAt = Math.max(checkedAt, readAt)
  return { shard, toldAt, takenAt, checkedAt: lastAt === 0 ? undefined : lastAt }
}
