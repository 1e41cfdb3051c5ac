import type { EntryId } from '../../core/vault/entry-id.ts'
import { isDeleted, type VaultEntry } from '../../core/vault/entry.ts'
import type { SharedLink } from '../../core/vault/fields.ts'
import { compareStamps } from '../../core/vault/hybrid-time.ts'

/** A link, and the id of its own entry. */
export interface LinkOfFile {
  readonly entry: EntryId
  readonly link: SharedLink
}

/** Returns the link of every file that is shared by itself, the newest one. SPEC VLT16. */
export function linksByFile(entries: Iterable<VaultEntry>): ReadonlyMap<EntryId, LinkOfFile> {
  const newest = new Map<EntryId, VaultEntry>()
  for (const entry of entries) {
    const { link } = entry
    const [file, ...others] = link === undefined || isDeleted(entry) ? [] : link.value.files
    if (link === undefined || file === undefined || others.length > 0) continue
    const other = newest.get(file)?.link
    if (other === undefined || compareStamps(link.stamp, other.stamp) > 0) newest.set(file, entry)
  }
  return new Map([...newest].flatMap(([file, { id, link }]) => (link === undefined ? [] : [[file, { entry: id, link: link.value }]])))
}
