import { brandId, type EntryId } from '../../core/vault/entry-id.ts'
import { entryNameOf } from '../../core/vault/entry-name.ts'
import { kindOf } from '../../core/vault/entry.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import type { EntryChange, LocalVault } from './local-vault.ts'
import type { PeerParts } from '../api/peer-parts.ts'

/** The folders of a drop. */
export interface DroppedFolders {
  /** Makes those that are not there, each after the one that it lies in. */
  readonly changes: readonly EntryChange[]
  /** Returns the folder of a path, '' for the top. */
  folderAt(path: string): FolderId
}

type Tree = Pick<LocalVault, 'entries' | 'tree'>

/** Returns the path of a folder in the tree, by the own names of all that it lies in; '' for the top. */
export function pathOf({ entries, tree }: Tree, folder: FolderId): string {
  const names: string[] = []
  for (let at = folder; at !== null; at = tree.folderOf(at) ?? null) names.unshift(entries.get(at)?.name?.value ?? '')
  return names.join('/')
}

/** Returns the folder of a path from `base` on, undefined where there is none. Of folders that share a name it is the first one that is listed. */
export function folderAt(vault: Tree, path: string, base: FolderId = null): FolderId | undefined {
  let folder = base
  for (const name of namesIn(path)) {
    const next = folderIn(vault, folder, name)
    if (next === undefined) return undefined
    folder = next
  }
  return folder
}

/**
 * Returns the folders of `paths`, each from `base` on, the same one for paths that are stored alike; those that are not there are made at
 * `now`, Unix milliseconds.
 */
export function draftFolders(
  vault: Tree,
  paths: Iterable<string>,
  { random }: Pick<PeerParts, 'random'>,
  now: number,
  base: FolderId = null,
): DroppedFolders {
  const changes: EntryChange[] = []
  const folderByPath = new Map<string, EntryId>()
  const walk = (path: string): FolderId => {
    let folder = base
    let walked = ''
    for (const name of namesIn(path)) {
      walked += `/${name}`
      // In a folder that is to be made there is nothing yet.
      const known: EntryId | undefined = folderByPath.get(walked) ?? folderIn(vault, folder, name)
      const id: EntryId = known ?? brandId<EntryId>(random.bytes(16))
      if (known === undefined) changes.push({ id, fields: { name, parent: folder, folder: now } })
      folderByPath.set(walked, id)
      folder = id
    }
    return folder
  }
  for (const path of new Set(paths)) walk(path)
  return { changes, folderAt: walk }
}

function namesIn(path: string): readonly string[] {
  return path.split('/').flatMap((name) => (name === '' ? [] : [entryNameOf(name)]))
}

function folderIn({ entries, tree }: Tree, folder: FolderId, name: string): EntryId | undefined {
  return tree
    .namesIn(folder)
    .get(name)
    ?.find((id) => {
      const entry = entries.get(id)
      return entry !== undefined && kindOf(entry) === 'folder'
    })
}
