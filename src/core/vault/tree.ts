import { assert } from '../errors.ts'
import { compareIds, type EntryId } from './entry-id.ts'
import { distinctNames } from './entry-name.ts'
import { isDeleted, kindOf, type VaultEntry } from './entry.ts'
import { compareStamps, type Stamp } from './hybrid-time.ts'

/** A folder as a person sees it; null is the top. */
export type FolderId = EntryId | null

/**
 * The tree of files as it is shown: a pure function of what is known of every entry, kept up to date change by change. A rename or a move
 * of a file touches that entry alone, whatever the size of the vault. SPEC VLT18.
 */
export interface VaultTree {
  /** Takes in all that is known of one entry now. Returns the folders in which something came, went or has another name of its own. */
  update(entry: VaultEntry): ReadonlySet<FolderId>
  /** Returns the names of their own of what is shown in a folder, each with its entries; empty for what is no shown folder. */
  namesIn(folder: FolderId): ReadonlyMap<string, readonly EntryId[]>
  /** Returns the name under which an entry is shown and exported, undefined when it is not shown. SPEC VLT19. */
  shownName(id: EntryId): string | undefined
  /** Returns the folder in which an entry is shown, undefined when it is not shown. */
  folderOf(id: EntryId): FolderId | undefined
  /** Folders and files that were deleted, but not for good. */
  readonly trash: ReadonlySet<EntryId>
}

/** A folder, or an id that something has as its parent and that is none, or not known yet: it is at the top and not shown. */
interface Folder {
  parent: FolderId
  isShown: boolean
  /** Its own name, as it is listed where it is shown. */
  name: string
  /** Shown files, and folders, that have it as their parent. */
  readonly files: Set<EntryId>
  readonly folders: Set<EntryId>
  /** What is shown in it, by name: its own, and what comes up from folders in it that are not shown. Empty unless it is shown. */
  readonly names: Map<string, EntryId[]>
  /** The shown names of entries that share one, by that name: made when asked for. */
  readonly numbered: Map<string, ReadonlyMap<EntryId, string>>
}

/** Returns the tree of `entries`. */
export function createVaultTree(entries: Iterable<VaultEntry> = []): VaultTree {
  const top: Folder = newFolder(true)
  const folders = new Map<EntryId, Folder>()
  const known = new Map<EntryId, VaultEntry>()
  const trash = new Set<EntryId>()
  /** Folders that are not in their newest parent, since that would close a ring. */
  const displaced = new Set<EntryId>()
  let changed = new Set<FolderId>()

  const at = (id: FolderId): Folder => {
    const found = id === null ? top : folders.get(id)
    if (found !== undefined || id === null) return found ?? top
    const unknown = newFolder(false)
    folders.set(id, unknown)
    top.folders.add(id)
    return unknown
  }
  const shownAbove = (id: FolderId): FolderId => {
    let above = id
    while (!at(above).isShown) above = at(above).parent
    return above
  }
  const note = (folder: FolderId): void => {
    at(folder).numbered.clear()
    changed.add(folder)
  }
  const list = (folder: FolderId, id: EntryId, name: string): void => {
    const { names } = at(folder)
    const same = names.get(name)
    if (same === undefined) names.set(name, [id])
    else same.push(id)
    note(folder)
  }
  const unlist = (folder: FolderId, id: EntryId, name: string): void => {
    const { names } = at(folder)
    const others = names.get(name)?.filter((other) => other !== id) ?? []
    if (others.length === 0) names.delete(name)
    else names.set(name, others)
    note(folder)
  }
  /** What a folder has to show: in itself when it is shown, else in the nearest one above that is. */
  function* contentsOf(id: EntryId): Generator<readonly [EntryId, string]> {
    const hidden = [at(id)]
    for (let folder = hidden.pop(); folder !== undefined; folder = hidden.pop()) {
      for (const file of folder.files) yield [file, nameOf(known.get(file))]
      for (const child of folder.folders) {
        const { isShown, name } = at(child)
        if (isShown) yield [child, name]
        else hidden.push(at(child))
      }
    }
  }
  const seat = (id: EntryId, to: { readonly parent: FolderId; readonly isShown: boolean; readonly name: string }): void => {
    const folder = at(id)
    const before = shownAbove(folder.parent)
    if (folder.isShown) unlist(before, id, folder.name)
    else for (const [item, name] of contentsOf(id)) unlist(before, item, name)
    at(folder.parent).folders.delete(id)
    if (folder.isShown && !to.isShown) folder.names.clear()
    if (folder.isShown !== to.isShown) note(id)
    if (!folder.isShown && to.isShown) for (const [item, name] of contentsOf(id)) list(id, item, name)
    Object.assign(folder, to)
    at(to.parent).folders.add(id)
    const after = shownAbove(to.parent)
    if (to.isShown) list(after, id, to.name)
    else for (const [item, name] of contentsOf(id)) list(after, item, name)
  }
  const placeAll = (): void => {
    const placed = placeFolders([...known.values()].filter((entry) => kindOf(entry) === 'folder'))
    const moved = [...placed].filter(([id, parent]) => at(id).parent !== parent)
    // By way of the top, so that there is no ring in between.
    for (const [id] of moved) seat(id, { ...at(id), parent: null })
    for (const [id, parent] of moved) seat(id, { ...at(id), parent })
    displaced.clear()
    for (const [id, parent] of placed) if (parent !== parentOf(known.get(id))) displaced.add(id)
  }
  const isBelow = (id: FolderId, folder: EntryId): boolean => {
    for (let above = id; above !== null; above = at(above).parent) if (above === folder) return true
    return false
  }
  const updateFolder = (entry: VaultEntry, before: VaultEntry | undefined): void => {
    const { id } = entry
    const [is, was] = [kindOf(entry) === 'folder', before !== undefined && kindOf(before) === 'folder']
    if (!is && !was) return
    const seen = { isShown: is && !isDeleted(entry), name: nameOf(entry) }
    const parent = is ? parentOf(entry) : null
    // Where there is a ring, it also matters when each folder was moved, and from where.
    const isMoved = is !== was || parent !== parentOf(before) || (displaced.size > 0 && entry.parents !== before?.parents)
    if (!isMoved) {
      const folder = at(id)
      if (folder.isShown !== seen.isShown || folder.name !== seen.name) seat(id, { ...seen, parent: folder.parent })
    } else if (displaced.size === 0 && !isBelow(parent, id)) {
      // While every folder is in its newest parent there is no ring among them, and this move closes none. SPEC VLT18.
      seat(id, { ...seen, parent })
    } else {
      seat(id, { ...seen, parent: null })
      placeAll()
    }
  }
  const updateFile = (entry: VaultEntry, before: VaultEntry | undefined): void => {
    const { id } = entry
    const [is, was] = [isShownFile(entry), before !== undefined && isShownFile(before)]
    if (is && was && parentOf(entry) === parentOf(before) && nameOf(entry) === nameOf(before)) return
    if (was) {
      at(parentOf(before)).files.delete(id)
      unlist(shownAbove(parentOf(before)), id, nameOf(before))
    }
    if (is) {
      at(parentOf(entry)).files.add(id)
      list(shownAbove(parentOf(entry)), id, nameOf(entry))
    }
  }
  const numberedNames = (folder: FolderId, name: string, same: readonly EntryId[]): ReadonlyMap<EntryId, string> => {
    const { names, numbered } = at(folder)
    const byAge = same.flatMap((id) => known.get(id) ?? []).toSorted(byAgeThere)
    const shown = distinctNames(name, same.length, (other) => names.has(other))
    const made = new Map(byAge.map(({ id }, place) => [id, shown[place] ?? name]))
    numbered.set(name, made)
    return made
  }
  const folderOf = (id: EntryId): FolderId | undefined => {
    const entry = known.get(id)
    if (entry === undefined) return undefined
    if (isShownFile(entry)) return shownAbove(parentOf(entry))
    const folder = folders.get(id)
    return folder?.isShown === true ? shownAbove(folder.parent) : undefined
  }

  const know = (entry: VaultEntry): VaultEntry | undefined => {
    const before = known.get(entry.id)
    known.set(entry.id, entry)
    if (isInTrash(entry)) trash.add(entry.id)
    else trash.delete(entry.id)
    return before
  }

  // All at once: one after the other, each would look for a ring in front of it.
  const given = [...entries]
  for (const entry of given) {
    know(entry)
    if (kindOf(entry) === 'folder') seat(entry.id, { isShown: !isDeleted(entry), name: nameOf(entry), parent: null })
  }
  placeAll()
  for (const entry of given) updateFile(entry, undefined)

  return {
    update: (entry) => {
      changed = new Set()
      const before = know(entry)
      // Of those who share a name it may be the older or the newer one now.
      const folder = folderOf(entry.id)
      if (folder !== undefined) at(folder).numbered.clear()
      updateFile(entry, before)
      updateFolder(entry, before)
      return changed
    },
    namesIn: (folder) => (folder === null ? top : folders.get(folder))?.names ?? new Map(),
    shownName: (id) => {
      const folder = folderOf(id)
      const entry = known.get(id)
      if (folder === undefined || entry === undefined) return undefined
      const [name, { names, numbered }] = [nameOf(entry), at(folder)]
      const same = names.get(name) ?? []
      return same.length < 2 ? name : (numbered.get(name) ?? numberedNames(folder, name, same)).get(id)
    },
    folderOf,
    trash,
  }
}

/**
 * Returns the parent of every one of `folders`, null for the top: the newest one, inserted in the order of time; where it would close a
 * ring the second newest, else the top. The same whatever order `folders` have; n log n for n folders, also in a chain of all of them.
 * Source: SPEC.md VLT18; Tarjan 1975 for the roots.
 */
export function placeFolders(folders: readonly VaultEntry[]): ReadonlyMap<EntryId, EntryId | null> {
  const placed = new Map<EntryId, EntryId | null>()
  // A folder has no parent until its turn, so it is the root of all that was put into it; `above` leads to the root of any other.
  const above = new Map<EntryId, EntryId>()
  const rootOf = (id: EntryId): EntryId => {
    let root = id
    for (let next = above.get(root); next !== undefined; next = above.get(root)) root = next
    for (let at = id; at !== root;) {
      const next = above.get(at) ?? root
      above.set(at, root)
      at = next
    }
    return root
  }
  for (const { id, parents } of folders.toSorted(byNewestParent)) {
    const fitting = parents.find(({ value }) => value === null || rootOf(value) !== id)
    const parent = fitting?.value ?? null
    placed.set(id, parent)
    if (parent !== null) above.set(id, rootOf(parent))
  }
  return placed
}

function newFolder(isShown: boolean): Folder {
  return { parent: null, isShown, name: '', files: new Set(), folders: new Set(), names: new Map(), numbered: new Map() }
}

function nameOf(entry: VaultEntry | undefined): string {
  return entry?.name?.value ?? ''
}

function parentOf(entry: VaultEntry | undefined): FolderId {
  return entry?.parents[0]?.value ?? null
}

function isShownFile(entry: VaultEntry): boolean {
  return kindOf(entry) === 'file' && !isDeleted(entry)
}

function isInTrash(entry: VaultEntry): boolean {
  const kind = kindOf(entry)
  return (kind === 'folder' || kind === 'file') && isDeleted(entry) && entry.deletedAt?.value !== 0
}

/** Orders entries by the time since which each has been there under its name, then by id. SPEC VLT19. */
function byAgeThere(a: VaultEntry, b: VaultEntry): number {
  return compareStamps(sinceOf(a), sinceOf(b)) || compareIds(a.id, b.id)
}

function sinceOf({ name, parents }: VaultEntry): Stamp {
  const moved = parents[0]?.stamp
  assert(name !== undefined && moved !== undefined, 'what is shown has a name and a parent')
  return compareStamps(name.stamp, moved) > 0 ? name.stamp : moved
}

function byNewestParent(a: VaultEntry, b: VaultEntry): number {
  const [newest, other] = [a.parents[0], b.parents[0]]
  if (newest === undefined || other === undefined) return compareIds(a.id, b.id)
  return compareStamps(newest.stamp, other.stamp) || compareIds(a.id, b.id)
}
