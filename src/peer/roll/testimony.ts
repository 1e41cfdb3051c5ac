import type { Bytes } from '../../core/bytes.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import type { PieceTold } from '../../core/healing/repair-need.ts'
import type { GroupId, PeerId, SegmentId } from '../../core/ids.ts'
import type { SentPaper } from '../../protocol/group.ts'

/** A piece, and what it takes to ask for it and to verify it. */
export interface ClaimedPiece {
  readonly groupId: GroupId
  readonly segmentId: SegmentId
  readonly index: number
  readonly descriptor: Descriptor
}

/** What somebody said when it was asked about a piece that it claims. */
export interface Testimony {
  /** The newest paper of the group that it knows, unchecked; absent when it named none. */
  readonly paper?: SentPaper
  /** Claims that it told, its own first and 32 of others at most. None of them is checked. */
  readonly claims: readonly Bytes[]
  /** It sent a leaf of the piece that proved itself. */
  readonly hasPiece: boolean
}

/** Asks people about pieces that they claim. */
export interface Witnesses {
  /** Tells whether `peer` may be asked: nothing is read from those who sent wrong bytes. */
  mayAsk(peer: PeerId): boolean
  /**
   * Resolves within 10 s with what `peer` says of the group, and of a random leaf of the piece. Throws `signal.reason`, and nothing else.
   * Source: protocol SPEC.md REP4.
   */
  ask(peer: PeerId, piece: ClaimedPiece, signal: AbortSignal): Promise<Testimony>
}

/** What a holder goes by when a guardian brings it a piece. */
export interface RepairEvidence extends Witnesses {
  /** Returns every row known here about a segment as it counts now. */
  piecesOf(groupId: GroupId, segmentId: SegmentId): readonly PieceTold<PeerId>[]
}
