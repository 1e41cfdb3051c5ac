import { listOf, objectFormat, optional, record, where, type Shape, type ValueOf } from '../encoding.ts'
import { vaultId, type DeviceId, type EntryId } from './entry-id.ts'
import { emptyEntry, type Held, type VaultEntry } from './entry.ts'
import { fieldNames, parentShape, shapes, versionParts, type FieldName, type FieldValues, type Version } from './fields.ts'
import { compareStamps, hybridTime, stampShape, type HybridTime, type Stamp } from './hybrid-time.ts'

/** The parts of an entry that one change sets, at least one. SPEC VLT11. */
export type ChangedFields = ValueOf<typeof changedFields>

/** A change by a device to one entry of the vault. */
export interface VaultChange {
  readonly entry: EntryId
  readonly time: HybridTime
  readonly fields: ChangedFields
}

/** Most versions that one change drops. */
export const MAX_DROPPED = 64

const changedFields = where(
  record({
    name: optional(shapes.name),
    deletedAt: optional(shapes.deletedAt),
    folder: optional(shapes.folder),
    key: optional(shapes.key),
    layout: optional(shapes.layout),
    storedAt: optional(shapes.storedAt),
    ended: optional(shapes.ended),
    link: optional(shapes.link),
    device: optional(shapes.device),
    parent: optional(parentShape),
    /** A new version; with `id`, the new value of the version of that name. */
    version: optional(record({ ...versionParts, id: optional(stampShape) })),
    /** Names of versions that are dropped, for good. */
    dropped: optional(listOf(stampShape, { min: 1, max: MAX_DROPPED })),
  }),
  (given) => Object.keys(given).length > 0,
  'a change without a field',
)

/** A change as a body of the log has it: `{entry, (ms, count), fields}`. */
export const changeShape: Shape<VaultChange> = record({ entry: vaultId<EntryId>(), time: hybridTime, fields: changedFields })

/** Returns the bytes that `change` takes in a body. Throws HoardError 'format-invalid'. */
export function changeBytes(change: VaultChange): number {
  return changeFormat.encode({ change }).length - WRAPPING_BYTES
}

// A change may be too large for the log, as one with a long link is: it goes into a layer at once. SPEC VLT22.
const changeFormat = objectFormat('vault change', 2 ** 21, { change: changeShape })
/** Version byte, a map of one, its key. */
const WRAPPING_BYTES = 3

/** Returns what `change` by `device` says of its entry, to be joined with what is known of it. SPEC VLT15. */
export function entryOfChange({ entry, time, fields }: VaultChange, device: DeviceId): VaultEntry {
  const stamp: Stamp = { ...time, device }
  const { parent, version, dropped = [] } = fields
  const known: HeldFields = {}
  for (const field of fieldNames) holdField(field, fields, stamp, known)
  const versions = dropped.map((id) => ({ id, stamp: id, value: null }))
  return {
    ...emptyEntry(entry),
    ...known,
    parents: parent === undefined ? [] : [{ value: parent, stamp }],
    versions: version === undefined ? newestFirst(versions) : newestFirst([versionOf(version, stamp), ...versions]),
  }
}

type HeldFields = { [Field in FieldName]?: Held<FieldValues[Field]> }

function holdField<F extends FieldName>(field: F, fields: Partial<FieldValues>, stamp: Stamp, known: HeldFields): void {
  const value: FieldValues[F] | undefined = fields[field]
  if (value !== undefined) Object.assign(known, { [field]: { value, stamp } })
}

function versionOf({ id, ...value }: NonNullable<ChangedFields['version']>, stamp: Stamp): VaultEntry['versions'][number] {
  return { id: id ?? stamp, stamp, value: value satisfies Version }
}

/** Of a version that is set and dropped at once, or dropped twice, one row is left. */
function newestFirst(versions: VaultEntry['versions']): VaultEntry['versions'] {
  const ordered = versions.toSorted((a, b) => compareStamps(b.id, a.id) || Number(a.value !== null) - Number(b.value !== null))
  return ordered.filter(({ id }, at) => at === 0 || compareStamps(id, ordered[at - 1]?.id ?? id) !== 0)
}
