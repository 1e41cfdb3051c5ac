import type { Paper } from '../../core/charter.ts'
import type { ClaimRow } from '../../core/claim.ts'
import type { GroupId, PeerId, SegmentId } from '../../core/ids.ts'

/** Ranks of a claim by its teller: hearsay, its own holder, a peer that placed something of the group. Higher ranks stay longer. */
export const ranks = { hearsay: 1, holder: 2, placer: 3 } as const
/** One of `ranks`. */
export type Rank = (typeof ranks)[keyof typeof ranks]

/** The teller of a claim, and the best evidence there was for its holder so far. */
export interface Telling {
  readonly teller: PeerId
  readonly rank: Rank
  /** The teller placed something of the group: the claim is booked with what that peer placed. */
  readonly isPlacers: boolean
}

/** The newest claim of a holder, as it is put into a roll. */
export interface ToldClaim {
  readonly holder: PeerId
  readonly seq: number
  /** When this device took the claim, Unix milliseconds. */
  readonly takenAt: number
  readonly rows: readonly ClaimRow[]
  /** Absent for this device's own claim, and for claims kept by versions that did not note it. */
  readonly telling?: Telling
  /** Bytes that the claim takes where it is kept, at most 65,535. */
  readonly bytes?: number
}

/** The facts about one holder of a group. */
export interface RollHolder {
  readonly holder: PeerId
  readonly seq: number
  /** When this device took the newest claim, Unix milliseconds. */
  readonly takenAt: number
  readonly telling?: Telling
  readonly bytes: number
  /** This device read a piece of the group from that person, and it proved itself. */
  readonly isChecked: boolean
  /** Number of rows of the newest claim. */
  readonly rows: number
}

/** The facts about one row of a claim. Times are Unix milliseconds, to the second below. */
export interface RollRow {
  readonly holder: PeerId
  readonly index: number
  /** When this device was first told that the person keeps this piece. */
  readonly toldAt: number
  /** When a leaf of this very piece last proved itself here; absent before the first time. */
  readonly checkedAt?: number
  /** The last look at the piece since then was in vain. */
  readonly hasFailed: boolean
}

/** A row, and how its holder is known. */
export interface RollKeeper extends RollRow {
  /** Absent for this device itself. */
  readonly rank?: Rank
  /** This device read a piece of the group from that person, and it proved itself. */
  readonly isChecked: boolean
  /** When this device took the newest claim of its holder, Unix milliseconds. */
  readonly takenAt: number
}

/** What came of asking a holder for a leaf of the piece that it claims: it proved itself, or it did not. */
export interface Look {
  readonly found: 'right' | 'nothing'
  readonly segmentId: SegmentId
  /** Unix milliseconds. */
  readonly at: number
}

/**
 * Who keeps what of one group: the newest paper, and of each holder the newest claim and what is known of it. It keeps what it is given:
 * who may tell it what is decided by its users (`roomFor`). It has no claims in encoded form: those stay where they are kept.
 */
export interface Roll {
  readonly groupId: GroupId
  /** Returns a number that is another one after each change of a holder, its seq or its rows; 0 while there is none. */
  version(): number
  /** Returns the newest paper that was taken. A holder and an owner leave theirs on disk. */
  paper(): Paper | undefined
  /** Takes a checked paper if it is newer than the last one. */
  takePaper(paper: Paper): void
  /** Returns the holders, the one whose claim was put longest ago first. */
  holders(): readonly PeerId[]
  /** Tells whether there is a claim of `holder`. */
  has(holder: PeerId): boolean
  find(holder: PeerId): RollHolder | undefined
  /** Returns the facts of all holders, in the order of `holders`. */
  all(): readonly RollHolder[]
  /** Replaces the claim of a holder. Rows that say what the last ones said keep their facts, the others begin without any. */
  put(claim: ToldClaim): void
  /** Puts one more row of a holder, whose claim is not known or older. One that says the same stays. */
  addRow(row: { readonly holder: PeerId; readonly segmentId: SegmentId; readonly index: number; readonly toldAt: number }): void
  /** Makes the claim the one that was put last. */
  renew(holder: PeerId): void
  drop(holder: PeerId): void
  /** Forgets the paper and every holder. */
  clear(): void
  /** Returns the rows about a segment, that of the holder known longest first. */
  keepersOf(segmentId: SegmentId): readonly RollKeeper[]
  rowOf(holder: PeerId, segmentId: SegmentId): RollRow | undefined
  /** Returns the rows of a holder one by one, with their segments. */
  rowsOf(holder: PeerId): Iterable<RollRow & { readonly segmentId: SegmentId }>
  /** Returns all segments of which somebody keeps a piece. */
  segments(): readonly SegmentId[]
  /** Notes that the person gave a piece that proved itself; with its segment if one is named. */
  noteChecked(holder: PeerId, at: number, segmentId?: SegmentId): void
  /** Notes that a look at the piece was in vain. */
  noteFailed(holder: PeerId, segmentId: SegmentId): void
  /** Puts back the facts of a row that were kept on disk. Does nothing when the holder has no such row. */
  restore(segmentId: SegmentId, row: RollRow): void
}
