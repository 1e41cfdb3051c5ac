import type { Bytes } from '../../core/bytes.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'

/** How a content is cut into segments and coded: decided once, before the first of them is described. SPEC SEG8. */
export interface Cut {
  readonly k: number
  readonly m: number
  readonly n: number
  /** Most sealed bytes of a segment. */
  readonly segmentBytes: number
  readonly segments: number
  readonly records: number
}

/** What the journal knows about a file: how much is sealed in the outbox, and what the person wants. */
export interface FileNote {
  readonly sealedBytes: number
  readonly isPaused: boolean
  /** Whether every segment had its m pieces and the charter names the root. */
  readonly isStored: boolean
  /** Whether the sealed records are still spooled on this device. */
  readonly hasOutbox: boolean
  /** Absent while no code is chosen, and in journals of the time before cuts were written down. */
  readonly cut?: Cut
}

/** The root object of a group (manifest or link) as it was sealed: once, SPEC SEA6. */
export interface RootObject {
  /** Digest of what was sealed. */
  readonly digest: Bytes
  readonly sealed: Bytes
}

/** What the journal knows about a group: its last charter, and the r of its manifest. */
export interface GroupNote {
  readonly seq: number
  readonly charter: Bytes
  /** Until when the charter asks to be kept, Unix milliseconds; 0 while there is none. */
  readonly until: number
  /** Whether the charter names a root: readers can open the group. */
  readonly hasRoot: boolean
  readonly manifestR: Bytes
  /** Set once the owner ended it; kept until every holder was told. */
  readonly tombstone: Bytes | null
}

/** What digests are taken of: sealed records, or the batches of content that are sealed together. */
export type DigestsOf = 'sealed' | 'content'

/** One thing to write down. */
export type Note =
  | { readonly of: 'file'; readonly id: string; readonly note: FileNote }
  | { readonly of: 'digests'; readonly digestsOf: DigestsOf; readonly id: string; readonly part: number; readonly digests: Bytes }
  | { readonly of: 'root'; readonly groupId: GroupId; readonly object: RootObject }
  | { readonly of: 'group'; readonly groupId: GroupId; readonly note: GroupNote }
  | { readonly of: 'segment'; readonly groupId: GroupId; readonly place: number; readonly segment: PlacedSegment }
  | { readonly of: 'claim'; readonly groupId: GroupId; readonly holder: PeerId; readonly claim: Bytes }
