import type { Bytes } from '../../core/bytes.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { Piece, PlacedSegment } from '../placing/placed-segment.ts'

/** The segments and the code of a content: decided once, before the first segment is described. SPEC SEG8. */
export interface Cut {
  readonly k: number
  readonly m: number
  readonly n: number
  /** Most sealed bytes of a segment. */
  readonly segmentBytes: number
  readonly segments: number
  readonly records: number
  /** The cut that divided the content into groups, where each of them was cut again by a later code. SPEC RCD3. */
  readonly first?: { readonly k: number; readonly segmentBytes: number }
}

/** The journal's note about a file: how much of it is sealed in the outbox, and whether the person paused it. */
export interface FileNote {
  readonly sealedBytes: number
  readonly isPaused: boolean
  /** Whether every segment had its m pieces and the charter names the root. */
  readonly isStored: boolean
  /** Whether the sealed records are still spooled on this device. */
  readonly hasOutbox: boolean
  /** Absent while no code is chosen, and in journals from before cuts were written down. */
  readonly cut?: Cut
  /** For how long this device has looked for enough people, since they were too few; absent while they are not. */
  readonly soughtMs?: number
  /** Since when its n is small for the people there, Unix milliseconds; absent while it is not. SPEC RCD1. */
  readonly narrowSince?: number
  /** The cut of the layout that it is being coded into, and when that last got on, Unix milliseconds. SPEC RCD3. */
  readonly next?: Cut
  readonly movedAt?: number
  /** The groups of another owner that have it, whose pieces its own take over; absent for what was stored under these words. SPEC VLT33. */
  readonly takenFrom?: readonly GroupId[]
}

/** The root object of a group (manifest or link) as it was sealed, which happens once. SPEC SEA6. */
export interface RootObject {
  /** Digest of the plain object. */
  readonly digest: Bytes
  readonly sealed: Bytes
  /** The r of a manifest that no charter names yet. */
  readonly r?: Bytes
}

/** The journal's note about a group: its last charter, and the r of its manifest. */
export interface GroupNote {
  readonly seq: number
  readonly charter: Bytes
  /** The time until which the charter asks holders to keep the group, Unix milliseconds; 0 while there is none. */
  readonly until: number
  /** Whether the charter names a root: readers can open the group. */
  readonly hasRoot: boolean
  readonly manifestR: Bytes
  /** Set once the owner ended the group; kept until every holder was told. */
  readonly tombstone: Bytes | null
  /** The `until` of an earlier charter, while no holder has taken the newest one. */
  readonly askedUntil?: number
  /** The layout that the charter names, 0 or 1; the other one is being made, or is kept until `retireAt`, Unix milliseconds. SPEC RCD4. */
  readonly layout?: number
  readonly retireAt?: number
}

/** The two kinds of digests: of sealed records, and of the batches of content that are sealed together. */
export type DigestsOf = 'sealed' | 'content'

/** A piece of a segment and the holder who keeps it or may have part of it, whoever gave it to that holder. Times in Unix milliseconds. */
export interface Keeping extends Piece {
  /** When this device was first told of it. */
  readonly toldAt: number
  /** When it last proved itself here; absent before the first time. */
  readonly checkedAt?: number
}

/** A segment as the journal has it. */
export interface NotedSegment {
  readonly segment: PlacedSegment
  /** Those that this device placed among them. */
  readonly keepers: readonly Keeping[]
}

/** One note to write down. */
export type Note =
  | { readonly of: 'file'; readonly id: string; readonly note: FileNote }
  | { readonly of: 'digests'; readonly digestsOf: DigestsOf; readonly id: string; readonly part: number; readonly digests: Bytes }
  | { readonly of: 'root'; readonly groupId: GroupId; readonly layout?: number; readonly object: RootObject }
  | { readonly of: 'group'; readonly groupId: GroupId; readonly note: GroupNote }
  | {
      readonly of: 'segment'
      readonly groupId: GroupId
      readonly at: number
      readonly segment: PlacedSegment
      readonly keepers: readonly Keeping[]
    }
  | { readonly of: 'claim'; readonly groupId: GroupId; readonly holder: PeerId; readonly claim: Bytes }
