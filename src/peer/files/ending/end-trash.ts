import type { EntryId } from '../../../core/vault/entry-id.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'

/**
 * Returns what was put into the trash `ownerMs` before `now` or earlier, Unix milliseconds; nothing while nobody confirms the date: this
 * device's alone ends nothing. Source: core SPEC.md VLT32, CLK4.
 */
export function trashOver({ tree, entries }: StoreTools['vault'], ownerMs: number, now: number | undefined): readonly EntryId[] {
  if (now === undefined) return []
  return [...tree.trash].filter((id) => {
    const deletedAt = entries.get(id)?.deletedAt?.value ?? undefined
    return deletedAt !== undefined && deletedAt + ownerMs <= now
  })
}
