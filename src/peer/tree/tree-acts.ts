import { HoardError } from '../../core/errors.ts'
import { brandId, idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { entryNameOf } from '../../core/vault/entry-name.ts'
import { kindOf } from '../../core/vault/entry.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import type { TreeFacet } from '../api/peer.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { EntryChange, LocalVault } from '../vault/local-vault.ts'

type Tree = Pick<LocalVault, 'entries' | 'tree'>

/** What a person does to the tree of files that ends nothing: every act writes entries of the vault, and nothing else changes. */
export type TreeActs = Omit<TreeFacet, 'emptyTrash' | 'versions' | 'useVersion' | 'removeVersion'>

/** Returns the acts on `vault`; `changed` is called after each. */
export function createTreeActs({ random, clock }: Pick<PeerParts, 'random' | 'clock'>, vault: LocalVault, changed: () => void): TreeActs {
  const write = async (changes: readonly EntryChange[]): Promise<void> => {
    if (changes.length === 0) return
    await vault.commit(changes)
    changed()
  }
  return {
    async createFolder(name, parent) {
      const id = brandId<EntryId>(random.bytes(16))
      await write([{ id, fields: { name: nameOf(name), parent: shownFolder(vault, parent), folder: clock.now() } }])
      return idHex(id)
    },
    async rename(entryId, name) {
      const id = shownEntry(vault, entryId)
      const given = nameOf(name)
      if (given !== vault.entries.get(id)?.name?.value) await write([{ id, fields: { name: given } }])
    },
    async move(entryIds, folder) {
      const parent = shownFolder(vault, folder)
      const ids = entryIds.map((id) => shownEntry(vault, id)).filter((id) => vault.tree.folderOf(id) !== parent)
      for (let above: FolderId | undefined = parent; above !== null && above !== undefined; above = vault.tree.folderOf(above))
        if (ids.includes(above)) throw new HoardError('format-invalid', { object: 'folder' })
      await write(ids.map((id) => ({ id, fields: { parent } })))
    },
    async discard(entryIds) {
      const deletedAt = clock.now()
      const ids = new Set(entryIds.flatMap((id) => shownWithin(vault, shownEntry(vault, id))))
      await write([...ids].map((id) => ({ id, fields: { deletedAt } })))
    },
    async putBack(entryIds) {
      const together = trashedTogether(vault)
      const ids = new Set(entryIds.flatMap((id) => together.get(idFromHex(id)) ?? []))
      await write([...ids].map((id) => ({ id, fields: { deletedAt: null } })))
    },
  }
}

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

/** Throws HoardError 'format-invalid' {object: 'name'} for a name of nothing. */
function nameOf(given: string): string {
  const name = given.trim()
  if (name === '') throw new HoardError('format-invalid', { object: 'name' })
  return entryNameOf(name)
}

function shownEntry({ tree }: Tree, entryId: string): EntryId {
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
