import { HoardError } from '../../core/errors.ts'
import { idFromHex, type EntryId } from '../../core/vault/entry-id.ts'
import { kindOf } from '../../core/vault/entry.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import type { LocalVault } from '../vault/local-vault.ts'

type Tree = Pick<LocalVault, 'entries' | 'tree'>

/** Returns `id` and all that is shown in it, if it is a folder, and in the folders there. */
export function shownWithin({ entries, tree }: Tree, id: EntryId): readonly EntryId[] {
  const found: EntryId[] = [id]
  for (let at = 0; at < found.length; at++) {
    const entry = entries.get(found[at] ?? id)
    if (entry !== undefined && kindOf(entry) === 'folder') for (const ids of tree.namesIn(entry.id).values()) found.push(...ids)
  }
  return found
}

/** Returns what is in the trash, by the entry under which it lies: a folder has all that was put there at the same moment from within it. */
export function trashedTogether({ entries, tree }: Tree): ReadonlyMap<EntryId, readonly EntryId[]> {
  const momentOf = (id: EntryId): number | null | undefined => (tree.trash.has(id) ? entries.get(id)?.deletedAt?.value : undefined)
  const parentOf = (id: EntryId): EntryId | undefined => {
    const parent = entries.get(id)?.parents[0]?.value ?? undefined
    return parent !== undefined && momentOf(parent) === momentOf(id) ? parent : undefined
  }
  const topOf = (id: EntryId): EntryId => {
    const passed = new Set([id])
    let top = id
    for (let parent = parentOf(id); parent !== undefined; parent = parentOf(parent)) {
      // Where folders form a ring, each of them stands for itself.
      if (passed.has(parent)) return id
      passed.add(parent)
      top = parent
    }
    return top
  }
  const together = new Map<EntryId, EntryId[]>()
  for (const id of tree.trash) {
    const top = topOf(id)
    const others = together.get(top)
    if (others === undefined) together.set(top, [id])
    else others.push(id)
  }
  return together
}

/** Returns the id of what is shown under it. Throws HoardError 'not-found'. */
export function shownEntry({ tree }: Tree, entryId: string): EntryId {
  const id = idFromHex(entryId)
  if (tree.folderOf(id) === undefined) throw new HoardError('not-found', { object: 'file' })
  return id
}

/** Returns the shown folder of that id, the top when undefined. Throws HoardError 'not-found'. */
export function shownFolder(vault: Tree, folder: string | undefined): FolderId {
  if (folder === undefined) return null
  const id = shownEntry(vault, folder)
  const entry = vault.entries.get(id)
  if (entry === undefined || kindOf(entry) !== 'folder') throw new HoardError('not-found', { object: 'folder' })
  return id
}
