import { HoardError } from '../../core/errors.ts'
import { idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { MAX_DROPPED } from '../../core/vault/change.ts'
import type { Stamp } from '../../core/vault/hybrid-time.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Content } from '../storing/content.ts'
import { shownWithin, trashedTogether } from '../tree/tree-parts.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import { keptVersions, type OwnFile } from './own-file.ts'
import type { OwnLinks } from './own-links.ts'

/** What is deleted for good: an entry, or some versions of a file that has others. */
export interface Removal {
  readonly id: EntryId
  /** At most 64, by their names. */
  readonly versions?: readonly Stamp[]
}

/** What deleting for good touches. */
export interface RemovalParts {
  readonly files: Map<string, OwnFile>
  readonly links: Pick<OwnLinks, 'end'>
  /** Called for every file of which versions are gone, after the write. */
  readonly turned: (id: EntryId) => void
}

/**
 * Deletes entries for good, with the links of files among them, or versions of files: because a person says so, or since their time in the
 * trash is over. Then they count as deleted right after all that is known of them, so that whoever has put them back meanwhile, elsewhere, is
 * right. Resolves once that is durable. SPEC VLT32.
 */
export async function removeEntries(
  { vault, changes }: StoreTools,
  { files, links, turned }: RemovalParts,
  given: readonly Removal[],
  by: 'person' | 'term',
): Promise<void> {
  const removed = given.flatMap(({ id, versions }) => (versions === undefined ? (files.get(idHex(id)) ?? []) : []))
  // Links end before the vault forgets their salts: after a crash in between, nobody could end them any more.
  await links.end(removed)
  const removals: readonly Removal[] = [...given, ...removed.flatMap(({ linkId }) => (linkId === undefined ? [] : [{ id: linkId }]))]
  const made = by === 'term' ? { madeAt: 0 } : {}
  await vault.commit(
    removals.map(({ id, versions }) => ({ id, fields: versions === undefined ? { deletedAt: 0 } : { dropped: versions }, ...made })),
  )
  for (const { id } of removed) files.delete(id)
  for (const { id, versions } of given) if (versions !== undefined) turned(id)
  changes.tell()
}

/** Returns the removal of all that lies in a content: of files that have versions elsewhere too, those in it alone. */
export function removalOf(content: Content, { entries }: Pick<LocalVault, 'entries'>): readonly Removal[] {
  const id = idFromHex(content.id)
  return [...entries.values()].flatMap((entry): readonly Removal[] => {
    if (entry.deletedAt?.value === 0) return []
    const kept = keptVersions(entry)
    const inside = kept.filter(({ value }) => value.content === id)
    if (inside.length === 0) return []
    return [
      inside.length === kept.length ? { id: entry.id } : { id: entry.id, versions: inside.slice(0, MAX_DROPPED).map((each) => each.id) },
    ]
  })
}

/** Returns an entry with all that lies in it, or was put into the trash with it. Throws HoardError 'not-found'. */
export function entriesUnder(vault: Pick<LocalVault, 'entries' | 'tree'>, entryId: string): readonly EntryId[] {
  const id = idFromHex(entryId)
  if (vault.tree.trash.has(id)) return trashedTogether(vault).get(id) ?? [id]
  if (vault.tree.folderOf(id) === undefined) throw new HoardError('not-found', { object: 'file' })
  return shownWithin(vault, id)
}
