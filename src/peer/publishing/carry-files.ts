import { encodeDescriptor } from '../../core/descriptor.ts'
import { HoardError } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import { brandId, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { kindOf, namedPlaces, type VaultEntry } from '../../core/vault/entry.ts'
import { groupSaltsOf, type Place } from '../../core/vault/fields.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { isKept } from '../groups/enroll.ts'
import { openJournal, type Journal } from '../groups/journal.ts'
import type { Cut, FileNote, Keeping, Note } from '../groups/journal-notes.ts'
import { openOwnGroup, type OwnGroup } from '../groups/own-group.ts'
import { newSegment, type PlacedSegment } from '../placing/placed-segment.ts'
import { isContent, isSealed, toContent, type Content, type ContentEntry } from '../storing/content.ts'
import { cutOf, plansByGroup } from '../storing/group-plans.ts'
import { openLocalVault, type EntryChange, type LocalVault } from '../vault/local-vault.ts'
import { createOwnerKeyring, type Owner } from '../vault/owner.ts'

/** The files of this device that go along into the list of other words. */
export interface CarriedFiles {
  /** Set where files are under the very words that are restored: they stay as they are. */
  readonly areOfWords: boolean
  /** Files and folders, those in the trash too. */
  readonly entries: readonly VaultEntry[]
  /** The contents that they name. */
  readonly contents: readonly CarriedContent[]
}

interface CarriedContent {
  readonly entry: ContentEntry
  readonly content: Content
  readonly cut: Cut | undefined
  /** Whether this device knows who keeps all of it. */
  readonly isKept: boolean
  /** Whether all of it lies sealed on this device. */
  readonly hasCopy: boolean
}

/** What the folder is called in which they lie. */
const FOLDER = 'From this device'

/**
 * Returns the files that are on this disk under other words than `words`, with all that is known of their contents.
 * @throws HoardError 'words-invalid' {reason: 'files-not-ready'} while a file is neither sealed here nor stored, or it is not known who keeps it
 */
export async function filesHere(parts: PeerParts, words: string): Promise<CarriedFiles> {
  const keyring = createOwnerKeyring(parts)
  const owner = await keyring.known()
  if (owner === undefined) return { areOfWords: false, entries: [], contents: [] }
  const vault = await openLocalVault(parts, keyring)
  const entries = [...vault.entries.values()].filter(isCarried)
  if (entries.length === 0 || owner.words === words) return { areOfWords: entries.length > 0, entries: [], contents: [] }
  const journal = await openJournal(parts)
  const named = new Set(entries.flatMap((entry) => namedPlaces(entry).map(({ content }) => content)))
  const contents = Array.from(named, (id) => contentHere(parts, owner, journal, vault.entries.get(id)))
  if (vault.isIncomplete) throw notReady()
  return { areOfWords: false, entries, contents }
}

function contentHere(parts: PeerParts, owner: Owner, journal: Journal, entry: VaultEntry | undefined): CarriedContent {
  if (entry === undefined || !isContent(entry)) throw notReady()
  const content = toContent(entry, owner.keys.lease, journal, parts.outbox)
  const { note, groups, size } = content
  const segments = groups.map((group) => group.segments)
  const cut = note.cut ?? (groups.length === 0 ? undefined : cutOf(size, segments, parts.policy))
  const plans = cut === undefined ? [] : plansByGroup(size, cut)
  const isWhole = plans.length > 0 && plans.every((own, at) => own.every((_plan, index) => segments[at]?.has(index)))
  const carried = { entry, content, cut, isKept: note.isStored && isWhole, hasCopy: note.hasOutbox && isSealed(content) }
  if (!carried.isKept && !carried.hasCopy) throw notReady()
  return carried
}

/**
 * Puts files into `vault`, whose owner is `owner`, in a folder of their own. Contents get groups of that owner: people are to be asked for the
 * pieces that they have, and what lies sealed here stays.
 * @throws HoardError 'words-invalid' {reason: 'files-not-ready'}; what the vault and the journal throw
 * Source: core SPEC.md VLT33.
 */
export async function carryInto(parts: PeerParts, { entries, contents }: CarriedFiles, owner: Owner, vault: LocalVault): Promise<void> {
  if (entries.length === 0) return
  const { random, clock } = parts
  const freshId = (): EntryId => brandId<EntryId>(random.bytes(16))
  // Another device may have brought the same files here, where they have gone their own way since.
  const isTaken = (id: EntryId): boolean => vault.entries.has(id)
  const all = [...entries, ...contents.map(({ entry }) => entry)]
  const idByOld = new Map(all.map(({ id }) => [id, isTaken(id) ? freshId() : id]))
  const newId = (id: EntryId): EntryId => idByOld.get(id) ?? id
  const folder: EntryChange = { id: freshId(), fields: { name: FOLDER, folder: clock.now(), parent: null } }
  const journal = await openJournal(parts)
  const moved = contents.map((each) => moveContent(parts, journal, owner, each, newId(each.entry.id)))
  await vault.commit([
    folder,
    ...moved.map(({ change }) => change),
    ...entries.flatMap((entry) => changesOf(entry, newId, folder.id, idByOld)),
  ])
  await journal.change(journal, () => ({ notes: moved.flatMap(({ notes }) => notes), assign: () => undefined }))
}

function isCarried(entry: VaultEntry): boolean {
  const kind = kindOf(entry)
  return (kind === 'file' || kind === 'folder') && entry.deletedAt?.value !== 0
}

/** Returns the changes that make a folder, or a file with its versions, each under the time at which it came. */
function changesOf(
  { id, name, parents, folder, deletedAt, versions }: VaultEntry,
  newId: (id: EntryId) => EntryId,
  top: EntryId,
  carried: ReadonlyMap<EntryId, EntryId>,
): readonly EntryChange[] {
  const parent = parents[0]?.value ?? undefined
  const place = <T extends Place>(from: T): T => ({ ...from, content: newId(from.content) })
  const kept = versions.flatMap(({ id: stamp, value }) => {
    if (value === null) return []
    const { thumb, ...rest } = place(value)
    return [{ ...rest, id: stamp, ...(thumb !== undefined && { thumb: place(thumb) }) }]
  })
  const at = deletedAt?.value ?? undefined
  const fields = {
    name: name?.value ?? '',
    parent: (parent !== undefined && carried.get(parent)) || top,
    ...(folder !== undefined && { folder: folder.value }),
    ...(at !== undefined && { deletedAt: at }),
  }
  return [{ id: newId(id), fields }, ...kept.map((version) => ({ id: newId(id), fields: { version } }))]
}

/** Returns the entry of a content under `id` with groups of `owner`, and what the journal is to have of it. */
function moveContent(
  { random, clock }: PeerParts,
  journal: Journal,
  owner: Owner,
  { entry, content, cut, isKept: isKnown, hasCopy }: CarriedContent,
  id: EntryId,
): { readonly change: EntryChange; readonly notes: readonly Note[] } {
  // The sealed copy is named by the id.
  const isCopied = hasCopy && id === entry.id
  if (!isCopied && !isKnown) throw notReady()
  const records = entry.layout?.value.records
  const layout = cut === undefined || records === undefined ? undefined : { k: cut.k, m: cut.m, n: cut.n, salt: random.bytes(16), records }
  const note: FileNote = {
    sealedBytes: content.sealedBytes,
    isPaused: content.note.isPaused,
    isStored: false,
    hasOutbox: isCopied,
    ...(cut !== undefined && { cut }),
    ...(!isCopied && { takenFrom: content.groups.map(({ groupId }) => groupId) }),
  }
  const salts = layout === undefined ? [] : groupSaltsOf(layout)
  const segments = salts.flatMap((salt, index) => {
    const before = content.groups[index]
    return before === undefined ? [] : segmentsOf(before, openOwnGroup(journal, owner.keys.lease, salt), clock.now())
  })
  return {
    change: { id, fields: { key: entry.key.value, ...(layout !== undefined && { layout }) } },
    notes: [{ of: 'file', id: idHex(id), note }, ...segments],
  }
}

/** Returns the content segments of `group` as those of `next`: of the same shards, each promised to whoever keeps it. */
function segmentsOf({ segments, roll }: OwnGroup, { groupId, groupKey }: OwnGroup, now: number): readonly Note[] {
  return [...segments].flatMap(([at, segment]): readonly Note[] => {
    if (at < 0) return []
    const holders = new Map<number, PeerId>()
    for (const row of roll.keepersOf(segment.segmentId)) if (isKept(row, segment)) holders.set(row.index, row.holder)
    const keepers = Array.from(holders, ([index, holder]): Keeping => ({ index, holder, stage: 'assigned', toldAt: now }))
    const same: PlacedSegment = newSegment(encodeDescriptor({ ...segment.descriptor, groupKey }))
    return [{ of: 'segment', groupId, at, segment: same, keepers }]
  })
}

function notReady(): HoardError {
  return new HoardError('words-invalid', { reason: 'files-not-ready' })
}
