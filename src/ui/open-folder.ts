import type { FolderView } from '../peer/api/tree-view.ts'

/** Address of the trash; it needs no page of its own at the host, and neither does a folder. */
export const trashAddress = '/files?in=trash'

/** Tells whether `search`, the query of the address with or without its `?`, is that of the trash. */
export function isTrash(search: string): boolean {
  return /^\??in=trash$/.test(search)
}

/** Returns the id of the folder that the address opens, undefined for the top. It may be the id of nothing. */
export function openFolderOf(search: string): string | undefined {
  return /^\??in=([0-9a-f]{32})$/.exec(search)?.[1]
}

/** Returns the address of a folder, of the top without an id. */
export function folderAddress(id?: string): string {
  return id === undefined ? '/files' : `/files?in=${id}`
}

/** Tells whether `path` is that of the Files screen. */
export function isFilesPath(path: string): boolean {
  return /^\/(files\/?)?$/.test(path)
}

/** Returns the folders from the top down to `id`, that one last; none for the top and for an id that is not there. */
export function trailOf(folders: readonly FolderView[], id: string | undefined): readonly FolderView[] {
  const byId = new Map(id === undefined ? [] : folders.map((folder) => [folder.id, folder]))
  const trail: FolderView[] = []
  for (let at = byId.get(id ?? ''); at !== undefined && trail.length < byId.size; at = byId.get(at.parent ?? '')) trail.unshift(at)
  return trail
}

/** Returns the path of a folder as rows show it: `Trip/Day 1`, '' for the top. */
export function pathOf(trail: readonly FolderView[]): string {
  return trail.map(({ name }) => name).join('/')
}
