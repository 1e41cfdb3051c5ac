import { HoardError } from '../../core/errors.ts'
import { brandId, idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { entryNameOf } from '../../core/vault/entry-name.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import type { TreeFacet } from '../api/peer.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { EntryChange, LocalVault } from '../vault/local-vault.ts'
import { shownEntry, shownFolder, shownWithin, trashedTogether } from './tree-parts.ts'

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

/** Throws HoardError 'format-invalid' {object: 'name'} for a name of nothing. */
function nameOf(given: string): string {
  const name = given.trim()
  if (name === '') throw new HoardError('format-invalid', { object: 'name' })
  return entryNameOf(name)
}
