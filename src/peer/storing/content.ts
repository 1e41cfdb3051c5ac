import type { FileKey } from '../../core/ids.ts'
import { sealedLength } from '../../core/records.ts'
import { idFromHex, idHex } from '../../core/vault/entry-id.ts'
import type { Held, VaultEntry } from '../../core/vault/entry.ts'
import { groupSaltsOf, type ContentKey, type ContentLayout } from '../../core/vault/fields.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { TroubleView } from '../api/file-view.ts'
import type { Change, Journal } from '../groups/journal.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import { openRecordDigests, type RecordDigests } from './record-digests.ts'
import { openSpool, type Spool } from './spool.ts'
import { openOwnGroup, type OwnGroup } from '../groups/own-group.ts'
import type { FileCode } from '../../core/policy.ts'
import type { FileNote } from '../groups/journal-notes.ts'

/** One unit of sealing, coding and placing, as this device sees it: a file by itself, or a pack of small ones. */
export interface Content {
  /** Id of its vault entry in hexadecimal digits: names its records in the journal and its spool. */
  readonly id: string
  readonly size: number
  readonly fileKey: FileKey
  /** Length of all sealed records, padding included. */
  readonly sealedBytes: number
  readonly spool: Spool
  /** The expected digests of every sealed record and of its content, however long ago it was sealed. */
  readonly digests: RecordDigests
  /** The dropped content while this page has it. */
  blob: Blob | undefined
  /** Set while `blob` was dropped again and is not yet known to be what was sealed: until then nothing of it is sealed or placed. */
  isUnproven: boolean
  /** As the journal has it; `commitContent` changes it. */
  readonly note: FileNote
  code: FileCode | undefined
  /** Empty until `open` was called where the vault alone knows of the content: their keys cost more than everything else of it. */
  groups: OwnGroup[]
  /** Opens the groups that the layout of its vault entry names, unless they are open, and returns them. */
  open(): readonly OwnGroup[]
  /** Number of records in each of them, as the vault has it. */
  records: readonly number[]
  /** Number of content segments; 0 while no code is chosen. */
  segmentCount: number
  /** Ends the current run; each run has its own. */
  running: AbortController | undefined
  activity: Activity
  /** Leading sealed bytes that were freed since this peer started, because enough people keep them. */
  freedBytes: number
  /** Milliseconds for which this device has looked for the people who keep the rest, since fewer than k pieces are left. SPEC POL9. */
  soughtMs: number
  /** Set while another device stores it, or did when it went; `device` is what that one calls itself, where it has said so. SPEC VLT29. */
  elsewhere: { readonly device?: string } | undefined
  /** Settles once what people were found to have of it is written down; undefined before the first time. */
  adopting: Promise<void> | undefined
  /** Set while this device codes it anew: the percentage of the new layout that people keep. `end` resolves once that has stopped. */
  recoding: { percent: number | undefined; readonly end: () => Promise<void> } | undefined
  /** Shard bytes that went out, and that are to go out in all: of content, without manifests. */
  wire: { done: number; total: number }
}

/** The current activity of a content. Screens compute their words from it where they show them. */
export interface Activity {
  /** 'queued': sealed, and too few people are here to choose a code. */
  kind: 'idle' | 'sealing' | 'queued' | 'placing'
  /** A round of placing is over, and nobody is left to ask. */
  isLooking: boolean
  /** Sealing waits for room on this device: it comes as placed segments are freed, or the person has to make it. */
  waitsForRoom: 'to be freed' | 'to be made' | undefined
  /** Set once the device had no room for the whole file: closing the page then stops the store. */
  isWindowed: boolean
  /** The error that ended the last run. */
  trouble: TroubleView | undefined
}

/** A vault entry with the size and the key of a content. */
export type ContentEntry = VaultEntry & { readonly key: Held<ContentKey> }

/** Tells whether a vault entry is a content, ended or not. */
export function isContent(entry: VaultEntry): entry is ContentEntry {
  return entry.key !== undefined
}

/**
 * Returns the content of an entry as the vault and the journal know it, idle, with its groups opened if the journal may have any of them.
 * @param lease 32 bytes, the owner's `lease` key; undefined while there is no owner, and so no group
 */
export function toContent(entry: ContentEntry, lease: Uint8Array | undefined, journal: Journal, outbox: Outbox): Content {
  const content = new VaultContent(entry, lease, journal, outbox)
  if (!content.note.isStored || journal.file(content.id) !== undefined) content.open()
  return content
}

/** A class, since there may be tens of thousands, of which most rest: what only work needs is made once it is asked for. */
class VaultContent implements Content {
  readonly id: string
  readonly size: number
  readonly fileKey: FileKey
  readonly sealedBytes: number
  readonly note: FileNote
  blob: Blob | undefined = undefined
  isUnproven = false
  code: FileCode | undefined
  groups: OwnGroup[] = []
  records: readonly number[]
  segmentCount: number
  running: AbortController | undefined = undefined
  activity = idle()
  freedBytes = 0
  soughtMs: number
  elsewhere: Content['elsewhere'] = undefined
  adopting: Promise<void> | undefined = undefined
  recoding: Content['recoding'] = undefined
  wire = { done: 0, total: 0 }
  readonly #layout: ContentLayout | undefined
  readonly #lease: Uint8Array | undefined
  readonly #journal: Journal
  readonly #outbox: Outbox
  #spool: Spool | undefined
  #digests: RecordDigests | undefined

  constructor({ id, key, layout, storedAt }: ContentEntry, lease: Uint8Array | undefined, journal: Journal, outbox: Outbox) {
    const { fileKey, size } = key.value
    // What another device has stored, or this one before it lost its journal, is not to be sealed again.
    const isStored = layout !== undefined && (storedAt?.value ?? null) !== null
    this.id = idHex(id)
    this.size = size
    this.fileKey = fileKey
    this.sealedBytes = sealedLength(size)
    this.note = journal.file(this.id) ?? { sealedBytes: isStored ? this.sealedBytes : 0, isPaused: false, isStored, hasOutbox: false }
    this.code = this.note.cut ?? layout?.value
    this.records = layout?.value.records ?? []
    this.segmentCount = this.note.cut?.segments ?? 0
    this.soughtMs = this.note.soughtMs ?? 0
    this.#layout = layout?.value
    this.#lease = lease
    this.#journal = journal
    this.#outbox = outbox
  }

  get spool(): Spool {
    return (this.#spool ??= openSpool(this.#outbox, this.id))
  }

  get digests(): RecordDigests {
    return (this.#digests ??= openRecordDigests(this.#journal, this.id))
  }

  open(): readonly OwnGroup[] {
    const lease = this.#lease
    if (this.groups.length === 0 && this.#layout && lease)
      this.groups = groupSaltsOf(this.#layout).map((salt) => openOwnGroup(this.#journal, lease, salt))
    return this.groups
  }
}

/** Returns the activity of an idle content; `trouble` is the error that ended its last run. */
export function idle(trouble?: TroubleView): Activity {
  return { kind: 'idle', isLooking: false, waitsForRoom: undefined, isWindowed: false, trouble }
}

/**
 * Writes the note that `next` makes of the current one, and the changes of `more` with it; both are called when their turn comes. Memory
 * changes once the write is durable.
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

/** Tells whether the vault alone says that people keep a content: of one of its groups this device has nothing written down. SPEC VLT29. */
export function isUnsought({ note, groups }: Pick<Content, 'note' | 'groups'>): boolean {
  return isClosed({ note, groups }) || (note.isStored && groups.some(({ segments }) => segments.size === 0))
}

/** Tells whether nothing of a content but its vault entry was ever looked at. */
export function isClosed({ note, groups }: Pick<Content, 'note' | 'groups'>): boolean {
  return note.isStored && groups.length === 0
}

/** Writes into the vault that people keep these contents, those of which it does not know so: a device without their journal asks it. */
export async function noteStoredAt(
  { vault, parts }: { readonly vault: LocalVault; readonly parts: Pick<PeerParts, 'clock'> },
  contents: Iterable<Content>,
): Promise<void> {
  const storedAt = parts.clock.now()
  const stored = [...contents].filter(({ note }) => note.isStored).map(({ id }) => idFromHex(id))
  await vault.commit(stored.filter((id) => !vault.entries.get(id)?.storedAt).map((id) => ({ id, fields: { storedAt } })))
}

/** Tells whether some content segment is not described yet: nobody keeps any of it. */
export function hasUnbegun({ groups, segmentCount, note }: Content): boolean {
  const begun = groups.reduce((sum, { segments }) => sum + [...segments.keys()].filter((at) => at >= 0).length, 0)
  return !note.isStored && begun < segmentCount
}

/** Tells whether the spool holds, or held, only a window of the file: records that enough people keep were freed to make room. */
export function isWindow({ note }: Content): boolean {
  return note.sealedBytes > 0 && !note.hasOutbox
}

/** Tells whether every sealed byte was spooled. */
export function isSealed({ note, sealedBytes }: Content): boolean {
  return note.sealedBytes >= sealedBytes
}
