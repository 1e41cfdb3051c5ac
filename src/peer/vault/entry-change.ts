import { assert } from '../../core/errors.ts'
import type { ChangedFields, VaultChange } from '../../core/vault/change.ts'
import type { EntryId } from '../../core/vault/entry-id.ts'
import { stampsOf, type VaultEntry } from '../../core/vault/entry.ts'
import { nextTime, type HybridTime } from '../../core/vault/hybrid-time.ts'

/** What a person changed about one entry. */
export interface EntryChange {
  readonly id: EntryId
  readonly fields: ChangedFields
  /** When it was made, Unix milliseconds, where that is before now and not known to this vault yet. */
  readonly madeAt?: number
}

/**
 * Returns the changes of `batch` with the times that they get at `now`, Unix milliseconds: each after all that it replaces. `time` is that of
 * the batch, after `last`.
 * Source: core SPEC.md VLT14.
 */
export function stampChanges(
  batch: readonly EntryChange[],
  entries: ReadonlyMap<EntryId, VaultEntry>,
  now: number,
  last: HybridTime | undefined,
): { readonly time: HybridTime; readonly made: readonly VaultChange[] } {
  assert(new Set(batch.map(({ id }) => id)).size === batch.length, 'a batch changes each of its entries once')
  const replacedBy = ({ id }: EntryChange): readonly HybridTime[] => {
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
