import { compareBytes } from '../bytes.ts'
import type { Shape } from '../encoding.ts'
import type { EntryId } from './entry-id.ts'
import { fieldNames, fieldRules, parentShape, shapes, valueFormat, versionShape } from './fields.ts'
import type { FieldName, FieldValues, Place, Version } from './fields.ts'
import { compareStamps, type Stamp } from './hybrid-time.ts'

/** A value and the change that it is from. */
export interface Held<T> {
  readonly value: T
  readonly stamp: Stamp
}

/** One version of a file, named by the stamp with which it came. */
export interface HeldVersion {
  readonly id: Stamp
  /** Of the newest value: a version moves with its pack. */
  readonly stamp: Stamp
  /** null: dropped, for good. */
  readonly value: Version | null
}

/** The fields that an entry has once at most. */
export type HeldFields = { readonly [Field in FieldName]: Held<FieldValues[Field]> | undefined }

/**
 * What is known of one entry: the changes to it, joined. Entries are values; joining is commutative, associative and idempotent.
 * SPEC VLT15.
 */
export interface VaultEntry extends HeldFields {
  readonly id: EntryId
  /** The two newest, newest first. */
  readonly parents: readonly Held<EntryId | null>[]
  /** All of them and those dropped, the newest first by `id`. */
  readonly versions: readonly HeldVersion[]
}

/** All that is known of a vault. SPEC VLT15. */
export interface VaultState {
  readonly entries: ReadonlyMap<EntryId, VaultEntry>
  /** Joins what `entry` says into what is known. Returns the entry as it is now, undefined when nothing is new. */
  join(entry: VaultEntry): VaultEntry | undefined
}

/** What an entry is. SPEC VLT16. */
export type EntryKind = 'folder' | 'file' | 'content' | 'link' | 'device'

/** One for all entries that have none: there are tens of thousands. */
const none: readonly never[] = []

/** Returns the state that `entries` are joined into. */
export function createVaultState(entries: Iterable<VaultEntry> = []): VaultState {
  const byId = new Map<EntryId, VaultEntry>()
  const join = (entry: VaultEntry): VaultEntry | undefined => {
    const known = byId.get(entry.id)
    const joined = known === undefined ? entry : joinEntries(known, entry)
    if (joined === known) return undefined
    byId.set(entry.id, joined)
    return joined
  }
  for (const entry of entries) join(entry)
  return { entries: byId, join }
}

/** Returns the entry `id` of which nothing is known. */
export function emptyEntry(id: EntryId): VaultEntry {
  return {
    id,
    name: undefined,
    deletedAt: undefined,
    folder: undefined,
    key: undefined,
    layout: undefined,
    storedAt: undefined,
    ended: undefined,
    link: undefined,
    device: undefined,
    parents: none,
    versions: none,
  }
}

/** Returns what is known of an entry once both `a` and `b` are; `a` itself when `b` adds nothing. SPEC VLT15. */
export function joinEntries(a: VaultEntry, b: VaultEntry): VaultEntry {
  const changed: { -readonly [Field in keyof VaultEntry]?: VaultEntry[Field] } = {}
  for (const field of fieldNames) joinField(field, a, b, changed)
  const parents = joinParents(a.parents, b.parents)
  if (parents !== a.parents) changed.parents = parents
  const versions = joinVersions(a.versions, b.versions)
  if (versions !== a.versions) changed.versions = versions
  return Object.keys(changed).length === 0 ? a : { ...a, ...changed }
}

/** Returns what an entry is, undefined while something is missing that its kind needs: it is shown nowhere then. SPEC VLT16. */
export function kindOf(entry: VaultEntry): EntryKind | undefined {
  if (entry.key !== undefined) return 'content'
  if (entry.link !== undefined) return 'link'
  if (entry.device !== undefined) return 'device'
  if (entry.name === undefined || entry.parents.length === 0) return undefined
  if (entry.folder !== undefined) return 'folder'
  return currentVersion(entry) === undefined ? undefined : 'file'
}

/** Tells whether an entry is in the trash, or deleted for good. */
export function isDeleted({ deletedAt }: VaultEntry): boolean {
  return deletedAt !== undefined && deletedAt.value !== null
}

/** Returns the version of a file that is read, the newest; undefined when it has none. SPEC VLT15. */
export function currentVersion({ versions }: VaultEntry): (HeldVersion & { readonly value: Version }) | undefined {
  for (const version of versions) if (isKept(version)) return version
  return undefined
}

/**
 * Returns the places in contents that an entry names: by its versions and their thumbnails while it is not deleted for good, or as a link
 * that is not ended. A link names whole contents, which counts as no bytes here. SPEC VLT24.
 */
export function namedPlaces(entry: VaultEntry): readonly Place[] {
  if (entry.link !== undefined) {
    if (isDeleted(entry)) return []
    return entry.link.value.contents.map((content) => ({ content, offset: 0, size: 0 }))
  }
  if (entry.deletedAt?.value === 0) return []
  return entry.versions.flatMap(({ value }) => {
    if (value === null) return []
    return value.thumb === undefined ? [value] : [value, value.thumb]
  })
}

/** Orders what two changes say of one thing, so that every device takes the same: by stamp, then by the value's encoding. SPEC VLT15. */
export function compareHeld<T>(shape: Shape<T>, a: Held<T>, b: Held<T>): number {
  if (a === b) return 0
  const order = compareStamps(a.stamp, b.stamp)
  if (order !== 0 || a.value === b.value) return order
  const { encode } = valueFormat(shape)
  return compareBytes(encode(a.value), encode(b.value))
}

/** Returns the stamps of all that is known of an entry; the time of a change to it is after each of them. SPEC VLT14. */
export function stampsOf(entry: VaultEntry): readonly Stamp[] {
  const stamps: Stamp[] = []
  for (const field of fieldNames) {
    const held = entry[field]
    if (held !== undefined) stamps.push(held.stamp)
  }
  for (const { stamp } of entry.parents) stamps.push(stamp)
  for (const { id, stamp } of entry.versions) stamps.push(id, stamp)
  return stamps
}

function isKept(version: HeldVersion): version is HeldVersion & { readonly value: Version } {
  return version.value !== null
}

function joinField<F extends FieldName>(
  field: F,
  a: HeldFields,
  b: HeldFields,
  changed: { -readonly [Field in FieldName]?: HeldFields[Field] },
): void {
  const held: Held<FieldValues[F]> | undefined = a[field]
  const other: Held<FieldValues[F]> | undefined = b[field]
  if (other === undefined) return
  const shape: Shape<FieldValues[F]> = shapes[field]
  const order = held === undefined ? 1 : compareHeld(shape, other, held)
  if (held === undefined || (fieldRules[field] === 'newest' ? order > 0 : order < 0)) changed[field] = b[field]
}

type Parents = VaultEntry['parents']

function joinParents(a: Parents, b: Parents): Parents {
  let parents = a
  for (const parent of b) {
    const orders = parents.map((other) => compareHeld(parentShape, parent, other))
    if (orders.includes(0)) continue
    const at = orders.findIndex((order) => order > 0)
    if (at === -1 && parents.length === 2) continue
    parents = parents.toSpliced(at === -1 ? parents.length : at, 0, parent).slice(0, 2)
  }
  return parents
}

type Versions = VaultEntry['versions']

function joinVersions(a: Versions, b: Versions): Versions {
  let versions = a
  for (const version of b) {
    const at = versions.findIndex(({ id }) => compareStamps(id, version.id) <= 0)
    const other = versions[at]
    if (at === -1 || other === undefined) versions = [...versions, version]
    else if (compareStamps(other.id, version.id) < 0) versions = versions.toSpliced(at, 0, version)
    else if (isNewerValue(version, other)) versions = versions.with(at, version)
  }
  return versions
}

/** A version that was dropped stays so; else the newest value holds. */
function isNewerValue(version: HeldVersion, other: HeldVersion): boolean {
  const [value, known] = [version.value, other.value]
  if (known === null) return false
  return value === null || compareHeld(versionShape, { value, stamp: version.stamp }, { value: known, stamp: other.stamp }) > 0
}
