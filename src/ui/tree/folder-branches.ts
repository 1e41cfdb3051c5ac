/** A folder of the tree that a person chooses from. */
export interface Branch {
  /** '' for the top. */
  readonly id: string
  readonly name: string
  /** 1 for the top. */
  readonly level: number
  readonly parent: string | undefined
  readonly hasMore: boolean
  readonly isOpen: boolean
}

interface Folder {
  readonly id: string
  readonly name: string
}

/**
 * Returns the branches to draw, each followed by those in it where it is one of `open`; the top first, which is always open. Most branches
 * stay closed, so this goes no deeper than a person has opened them.
 */
export function branchesOf(
  foldersIn: (id: string | undefined) => readonly Folder[],
  open: ReadonlySet<string>,
  top: string,
): readonly Branch[] {
  const branches: Branch[] = []
  const waiting: Omit<Branch, 'hasMore' | 'isOpen'>[] = [{ id: '', name: top, level: 1, parent: undefined }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const inside = foldersIn(next.id === '' ? undefined : next.id)
    const isOpen = next.id === '' || open.has(next.id)
    branches.push({ ...next, hasMore: inside.length > 0, isOpen: isOpen && inside.length > 0 })
    if (!isOpen) continue
    const { id, level } = next
    const sorted = inside.toSorted((a, b) => names.compare(a.name, b.name))
    waiting.push(...sorted.toReversed().map((folder) => ({ id: folder.id, name: folder.name, level: level + 1, parent: id })))
  }
  return branches
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
