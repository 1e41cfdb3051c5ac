import { shownFolder, shownName } from '../../core/file-name.ts'
import { idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { currentVersion, kindOf, type VaultEntry } from '../../core/vault/entry.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import type { FolderView, TrashView } from '../api/tree-view.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import { pathOf } from '../vault/folders.ts'
import { trashedTogether } from './tree-parts.ts'

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
  placeOf(file: EntryId): PlaceView
  /** Returns the files that may be shown elsewhere, or otherwise, than when this was last called. */
  turned(): ReadonlySet<EntryId> | 'all'
}

/** Returns the views of `vault`, of which what is in the trash goes for good `ownerMs` after it was put there. */
export function createTreeViews(vault: LocalVault, ownerMs: number): TreeViews {
  const { entries, tree } = vault
  const folderIds = new Set<EntryId>()
  let folders: readonly FolderView[] | undefined
  let trash: readonly TrashView[] | undefined
  let turned: Set<EntryId> | 'all' = new Set()
  const paths = new Map<FolderId, Omit<PlaceView, 'name'>>()
  for (const entry of entries.values()) if (kindOf(entry) === 'folder') folderIds.add(entry.id)
  vault.watchEntries((news) => {
    folders = trash = undefined
    for (const id of news.entries) {
      const entry = entries.get(id)
      if (entry === undefined || kindOf(entry) !== 'folder') continue
      folderIds.add(id)
      paths.clear()
      turned = 'all'
    }
    if (turned === 'all') return
    for (const id of news.entries) turned.add(id)
    // Of those that share a name, others may have a number now, or none.
    for (const folder of news.folders) for (const ids of tree.namesIn(folder).values()) for (const id of ids) turned.add(id)
  })
  const folderOf = (folder: FolderId): Omit<PlaceView, 'name'> => {
    const known = paths.get(folder)
    if (known !== undefined) return known
    const made = folder === null ? { folder: '' } : { folder: shownFolder(pathOf(vault, folder)), parent: idHex(folder) }
    paths.set(folder, made)
    return made
  }
  return {
    folders: () => (folders ??= [...folderIds].flatMap((id) => viewFolder(vault, id) ?? [])),
    trash: () =>
      (trash ??= [...trashedTogether(vault)]
        .flatMap(([top, members]) => viewTrash(vault, top, members, ownerMs))
        .toSorted((a, b) => b.deletedAt - a.deletedAt)),
    placeOf(id) {
      const name = tree.shownName(id) ?? entries.get(id)?.name?.value ?? ''
      return { name: shownName(name), ...folderOf(tree.folderOf(id) ?? null) }
    },
    turned() {
      const now = turned
      turned = new Set()
      return now
    },
  }
}

/** Returns the view of a folder, undefined while it is not shown. */
function viewFolder({ entries, tree }: LocalVault, id: EntryId): FolderView | undefined {
  const parent = tree.folderOf(id)
  if (parent === undefined) return undefined
  const name = shownName(tree.shownName(id) ?? '')
  return { id: idHex(id), name, madeAt: entries.get(id)?.folder?.value ?? 0, ...(parent === null ? {} : { parent: idHex(parent) }) }
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
