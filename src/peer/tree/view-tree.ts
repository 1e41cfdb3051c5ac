import { shownFolder, shownName } from '../../core/file-name.ts'
import { idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { currentVersion, kindOf, type VaultEntry } from '../../core/vault/entry.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import type { FolderView, TrashView } from '../api/tree-view.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import { pathOf } from '../vault/folders.ts'
import { trashedTogether } from './tree-acts.ts'

/** Where a file is shown, and under which name. */
export interface PlaceView {
  /** As a screen may show it. SPEC FNM1, VLT19. */
  readonly name: string
  /** The path of its folder as a screen may show it, '' at the top. */
  readonly folder: string
  /** Id of its folder; absent at the top. */
  readonly parent?: string
}

/** The folders and the trash of an owner as a snapshot shows them. While nothing has changed, the same objects. */
export interface TreeViews {
  folders(): readonly FolderView[]
  /** What was put into the trash at once and lies together is one row; the latest first. */
  trash(): readonly TrashView[]
  placeOf(fileId: string): PlaceView
}

/** Returns the views of `vault`, of which what is in the trash goes for good `ownerMs` after it was put there. */
export function createTreeViews(vault: LocalVault, ownerMs: number): TreeViews {
  let folders: readonly FolderView[] | undefined
  let trash: readonly TrashView[] | undefined
  const places = new Map<string, PlaceView>()
  const paths = new Map<FolderId, Omit<PlaceView, 'name'>>()
  vault.changes.watch(() => {
    folders = trash = undefined
    places.clear()
    paths.clear()
  })
  const folderOf = (folder: FolderId): Omit<PlaceView, 'name'> => {
    const known = paths.get(folder)
    if (known !== undefined) return known
    const made = folder === null ? { folder: '' } : { folder: shownFolder(pathOf(vault, folder)), parent: idHex(folder) }
    paths.set(folder, made)
    return made
  }
  return {
    folders: () => (folders ??= [...vault.entries.values()].flatMap((entry) => viewFolder(vault, entry))),
    trash: () =>
      (trash ??= [...trashedTogether(vault)]
        .flatMap(([top, members]) => viewTrash(vault, top, members, ownerMs))
        .toSorted((a, b) => b.deletedAt - a.deletedAt)),
    placeOf(fileId) {
      const known = places.get(fileId)
      if (known !== undefined) return known
      const id = idFromHex(fileId)
      const name = vault.tree.shownName(id) ?? vault.entries.get(id)?.name?.value ?? ''
      const place = { name: shownName(name), ...folderOf(vault.tree.folderOf(id) ?? null) }
      places.set(fileId, place)
      return place
    },
  }
}

function viewFolder({ tree }: LocalVault, entry: VaultEntry): readonly FolderView[] {
  const parent = kindOf(entry) === 'folder' ? tree.folderOf(entry.id) : undefined
  if (parent === undefined) return []
  const name = shownName(tree.shownName(entry.id) ?? '')
  return [{ id: idHex(entry.id), name, madeAt: entry.folder?.value ?? 0, ...(parent === null ? {} : { parent: idHex(parent) }) }]
}

function viewTrash(vault: LocalVault, top: EntryId, members: readonly EntryId[], ownerMs: number): readonly TrashView[] {
  const entry = vault.entries.get(top)
  const deletedAt = entry?.deletedAt?.value ?? 0
  if (entry?.name === undefined || deletedAt === 0) return []
  const versions = members.flatMap((id) => {
    const member = vault.entries.get(id)
    return (member && currentVersion(member)) ?? []
  })
  const size = versions.reduce((sum, { value }) => sum + value.size, 0)
  const version = kindOf(entry) === 'folder' ? undefined : currentVersion(entry)
  const common = {
    id: idHex(top),
    name: shownName(entry.name.value),
    folder: pathTo(vault, entry),
    deletedAt,
    until: deletedAt + ownerMs,
    size,
  }
  return [version === undefined ? { is: 'folder', files: versions.length, ...common } : { is: 'file', type: version.value.type, ...common }]
}

/** Returns the path of the folder to which an entry of the trash goes back. */
function pathTo(vault: LocalVault, { parents }: VaultEntry): string {
  const seen = new Set<FolderId>()
  let at = parents[0]?.value ?? null
  while (at !== null && vault.tree.folderOf(at) === undefined && !seen.has(at)) {
    seen.add(at)
    at = vault.entries.get(at)?.parents[0]?.value ?? null
  }
  return at === null || vault.tree.folderOf(at) === undefined ? '' : shownFolder(pathOf(vault, at))
}
