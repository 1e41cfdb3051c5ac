import { assert } from '../../core/errors.ts'
import type { ChangedFields, VaultChange } from '../../core/vault/change.ts'
import type { EntryId } from '../../core/vault/entry-id.ts'
import { isDeleted, stampsOf, type VaultEntry } from '../../core/vault/entry.ts'
import { nextTime, type HybridTime } from '../../core/vault/hybrid-time.ts'

/** A change before it has its time. */
export interface Untimed {
  readonly id: EntryId
  readonly fields: ChangedFields
  /** When it was made, Unix milliseconds, where that is before now and not known to this vault yet. */
  readonly madeAt?: number
}

/**
 * Returns the changes with their times, and the time of those that are made now.
 * @param last the highest time taken
 * Source: core SPEC.md VLT14.
 */
export function timeChanges(
  batch: readonly Untimed[],
  entries: ReadonlyMap<EntryId, VaultEntry>,
  now: number,
  last: HybridTime | undefined,
): { readonly time: HybridTime; readonly made: readonly VaultChange[] } {
  assert(new Set(batch.map(subjectOf)).size === batch.length, 'a batch changes each entry, and each version that is there, once')
  const replacedBy = ({ id }: Untimed): readonly HybridTime[] => {
    const entry = entries.get(id)
    return entry === undefined ? [] : stampsOf(entry)
  }
  const time = nextTime(now, last, ...batch.flatMap(replacedBy))
  const made = batch.map((change): VaultChange => {
    const { id, fields, madeAt } = change
    return { entry: id, time: madeAt === undefined ? time : nextTime(Math.min(madeAt, now), undefined, ...replacedBy(change)), fields }
  })
  return { time, made }
}

/** Names what a change is about: an entry, or the version of it that gets another value. */
function subjectOf({ id, fields: { version } }: Untimed): string {
  return version?.id === undefined ? id : `${id} ${version.id.ms} ${version.id.count} ${version.id.device}`
}

/**
 * Returns the change with which a device that was removed is waited for again, to be written with `batch`; nothing while it was not.
 * @param device the entry of the device that writes
 * Source: core SPEC.md VLT31.
 */
export function returning(device: VaultEntry | undefined, batch: readonly Untimed[]): readonly Untimed[] {
  if (device === undefined || !isDeleted(device) || batch.some(({ id }) => id === device.id)) return []
  return [{ id: device.id, fields: { deletedAt: null } }]
}
