import type { FileView } from '../../peer/index.ts'
import { searchFor } from '../files/search.ts'
import type { FolderRow, FolderTree } from './folder-tree.ts'

/** A row of the grid: a folder or a file. */
export type ListRow = FolderRow | FileView

/** The orders in which rows can stand; folders always stand first. */
export const orders = ['newest', 'oldest', 'name', 'name-last', 'largest', 'smallest'] as const
export type Order = (typeof orders)[number]

/** Tells whether a row is that of a folder. */
export function isFolder(row: ListRow): row is FolderRow {
  return 'madeAt' in row
}

/** Returns the order that a remembered word names, 'newest' for any other. */
export function orderNamed(word: string | undefined): Order {
  return orders.find((order) => order === word) ?? 'newest'
}

/** What is looked at. */
export interface Wanted {
  /** The open folder, undefined for the top; a search goes over all folders. */
  readonly openId: string | undefined
  readonly search: string
  readonly order: Order
}

/** Returns the rows to show, folders first; what came at one moment stands by name. `files` are those of all folders. */
export function rowsOf(files: readonly FileView[], tree: FolderTree, { openId, search, order }: Wanted): readonly ListRow[] {
  const isFound = search.trim() === '' ? undefined : searchFor(search)
  const folders = isFound === undefined ? tree.foldersIn(openId) : tree.all.filter(({ name }) => isFound(name))
  const inside = files.filter(isFound === undefined ? ({ parent }) => parent === openId : ({ name }) => isFound(name))
  const byName = <Row extends ListRow>(a: Row, b: Row) => names.compare(a.name, b.name)
  const sorted = <Row extends ListRow>(rows: readonly Row[], ageOf: (row: Row) => number): readonly Row[] => {
    const compare: Record<Order, (a: Row, b: Row) => number> = {
      newest: (a, b) => ageOf(b) - ageOf(a) || byName(a, b),
      oldest: (a, b) => ageOf(a) - ageOf(b) || byName(a, b),
      name: byName,
      'name-last': (a, b) => byName(b, a),
      largest: (a, b) => b.size - a.size,
      smallest: (a, b) => a.size - b.size,
    }
    return rows.toSorted(compare[order])
  }
  const sortedFolders = sorted(folders.toSorted(byName), ({ madeAt }) => madeAt)
  return [...sortedFolders, ...sorted(inside, ({ addedAt }) => addedAt)]
}

/** Numbers within names count as numbers: 2 stands before 10. */
const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
