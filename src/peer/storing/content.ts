import type { FileKey } from '../../core/ids.ts'
import { sealedLength } from '../../core/records.ts'
import type { VaultEntry } from '../../core/vault.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { TroubleView } from '../api/file-view.ts'
import type { Change, Journal } from '../groups/journal.ts'
import { openRecordDigests, type RecordDigests } from './record-digests.ts'
import { openSpool, type Spool } from './spool.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import type { FileCode } from '../../core/policy.ts'
import type { FileNote } from '../groups/journal-notes.ts'

/** What is sealed, coded and placed as one, as this device sees it: a file that lies by itself, or a pack of small ones. */
export interface Content {
  /** Of the vault entry that has its key. */
  readonly id: string
  readonly size: number
  readonly fileKey: FileKey
  /** Length of all sealed records, padding included. */
  readonly sealedBytes: number
  readonly spool: Spool
  /** What every sealed record and its content must digest to, however long ago it was sealed. */
  readonly digests: RecordDigests
  /** The dropped content while this page has it. */
  blob: Blob | undefined
  /** Set while `blob` was dropped again and is not yet known to be what was sealed: nothing of it is sealed or placed before. */
  isUnproven: boolean
  /** As the journal has it; `commitContent` changes it. */
  readonly note: FileNote
  code: FileCode | undefined
  groups: OwnGroup[]
  /** How many content segments it is cut into; 0 while no code is chosen. */
  segmentCount: number
  /** Ends what goes on now; a fresh one for every run. */
  running: AbortController | undefined
  activity: Activity
  /** Sealed bytes at the beginning that were freed since the start, because enough people keep them. */
  freedBytes: number
  /** Shard bytes that are to go out, and that went out: of content, manifests left aside. */
  wire: { done: number; total: number }
}

/** What goes on now with a content. What a screen says of it is computed from this, where it is shown. */
export interface Activity {
  /** 'queued': sealed, and too few people are here to choose a code. */
  kind: 'idle' | 'sealing' | 'queued' | 'placing'
  /** A round of placing is over, and nobody is left to ask. */
  isLooking: boolean
  /** Sealing waits for room on this device: it comes as placed segments are freed, or the person has to make it. */
  waitsForRoom: 'to be freed' | 'to be made' | undefined
  /** Set since the device had no room for the whole file: closing the page stops the store. */
  isWindowed: boolean
  /** What ended the last run. */
  trouble: TroubleView | undefined
}

/** What the vault must say of an entry before it carries anything. */
export type ContentEntry = VaultEntry & { readonly size: number; readonly fileKey: FileKey }

/** Tells whether a vault entry has content of its own that is not deleted. */
export function isContent(entry: VaultEntry): entry is ContentEntry {
  return entry.size !== undefined && entry.fileKey !== undefined && entry.deletedAt === undefined
}

/** Returns what the vault and the journal know of the content of an entry, idle. Its groups are opened by whoever has the keys. */
export function toContent(id: string, { size, fileKey, code }: ContentEntry, journal: Journal, outbox: Outbox): Content {
  const note = journal.file(id) ?? { sealedBytes: 0, isPaused: false, isStored: false, hasOutbox: false }
  return {
    id,
    size,
    fileKey,
    sealedBytes: sealedLength(size),
    spool: openSpool(outbox, id),
    digests: openRecordDigests(journal, id),
    blob: undefined,
    isUnproven: false,
    note,
    code: note.cut ?? code,
    groups: [],
    segmentCount: note.cut?.segments ?? 0,
    running: undefined,
    activity: idle(),
    freedBytes: 0,
    wire: { done: 0, total: 0 },
  }
}

/** Returns the activity of a content with which nothing goes on, after `trouble` when something ended it. */
export function idle(trouble?: TroubleView): Activity {
  return { kind: 'idle', isLooking: false, waitsForRoom: undefined, isWindowed: false, trouble }
}

/**
 * Writes down how a file stands: `next` is given the note when its turn comes, and `more` what goes with it. Memory says so once it is durable.
 */
export async function commitContent(
  journal: Journal,
  file: Content,
  next: (note: FileNote) => FileNote,
  more: () => Change = () => ({ notes: [], assign: () => undefined }),
): Promise<void> {
  await journal.change(file, () => {
    const note = next(file.note)
    const { notes, assign } = more()
    return {
      notes: [{ of: 'file', id: file.id, note }, ...notes],
      assign() {
        const kept: { note: FileNote } = file
        kept.note = note
        assign()
      },
    }
  })
}

/** Tells whether some content segment has not even been begun: nothing of it is kept by anybody. */
export function hasUnbegun({ groups, segmentCount, note }: Content): boolean {
  const begun = groups.reduce((sum, { segments }) => sum + [...segments.keys()].filter((place) => place >= 0).length, 0)
  return !note.isStored && begun < segmentCount
}

/** Tells whether the spool holds, or held, only a window of the file: what enough people keep was freed for the rest. */
export function isWindow({ note }: Content): boolean {
  return note.sealedBytes > 0 && !note.hasOutbox
}

/** Tells whether every sealed byte was spooled. */
export function isSealed({ note, sealedBytes }: Content): boolean {
  return note.sealedBytes >= sealedBytes
}
