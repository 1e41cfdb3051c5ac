import type { FolderView } from '../../peer/api/tree-view.ts'
import type { FileView } from '../../peer/index.ts'

/** The row of a folder. */
export interface FolderRow extends FolderView {
  /** Number of the files in it, at any depth, and their bytes. */
  readonly files: number
  readonly size: number
}

/** The folders of an owner, by what lies in them. */
export interface FolderTree {
  get(id: string | undefined): FolderRow | undefined
  /** Returns the folders in `parent`, at the top when undefined. */
  foldersIn(parent: string | undefined): readonly FolderRow[]
  /** Returns the folders above `id`, the nearest first. */
  above(id: string | undefined): readonly FolderRow[]
  /** Returns the ids of `id` and of all folders in it, at any depth. */
  within(id: string): ReadonlySet<string>
  /** Tells whether `id` is one of `ids` or lies in one of them, at any depth. */
  isWithin(id: string | undefined, ids: ReadonlySet<string>): boolean
  readonly all: readonly FolderRow[]
}

/** Returns the tree of `folders`, each with what all `files` below it come to. Folders may be 10,000 deep. */
export function treeOf(folders: readonly FolderView[], files: readonly FileView[]): FolderTree {
  const sums = new Map(folders.map((folder) => [folder.id, { ...folder, files: 0, size: 0, waits: 0 }]))
  const at = (id: string | undefined) => (id === undefined ? undefined : sums.get(id))
  for (const { parent } of folders) {
    const above = at(parent)
    if (above !== undefined) above.waits += 1
  }
  for (const { parent, size } of files) {
    const above = at(parent)
    if (above === undefined) continue
    above.files += 1
    above.size += size
  }
  // The deepest first: a folder is added to the one above it once all in it have been.
  for (const start of sums.values()) {
    for (let one = start.waits === 0 ? start : undefined; one !== undefined;) {
      one.waits = -1
      const above = at(one.parent)
      if (above === undefined) break
      above.files += one.files
      above.size += one.size
      above.waits -= 1
      one = above.waits === 0 ? above : undefined
    }
  }
  const rows = new Map([...sums].map(([id, { waits: _none, ...row }]) => [id, row]))
  const children = new Map<string | undefined, FolderRow[]>()
  for (const row of rows.values()) {
    const others = children.get(row.parent)
    if (others === undefined) children.set(row.parent, [row])
    else others.push(row)
  }
  const get = (id: string | undefined) => (id === undefined ? undefined : rows.get(id))
  const above = (id: string | undefined): readonly FolderRow[] => {
    const found: FolderRow[] = []
    for (let one = get(get(id)?.parent); one !== undefined && found.length < rows.size; one = get(one.parent)) found.push(one)
    return found
  }
  return {
    get,
    above,
    within(id) {
      const found = new Set([id])
      for (const each of found) for (const folder of children.get(each) ?? []) found.add(folder.id)
      return found
    },
    foldersIn: (parent) => children.get(parent) ?? [],
    isWithin: (id, ids) => id !== undefined && (ids.has(id) || above(id).some((folder) => ids.has(folder.id))),
    all: [...rows.values()],
  }
}
