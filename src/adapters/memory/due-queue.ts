/** Something that falls due at a time; of those of one time, the one of lowest order comes first. */
export interface Due {
  readonly due: number
  readonly order: number
}

/** What falls due, the first one at hand. */
export interface DueQueue<T extends Due> {
  add(item: T): void
  /** Returns the first one, which stays; undefined when there is none. */
  first(): T | undefined
  /** Removes the first one. */
  drop(): void
  /** Removes all others than those that are wanted. */
  keep(isWanted: (item: T) => boolean): void
  size(): number
}

/** Returns an empty queue: a binary heap, since a simulation plans millions of things. */
export function createDueQueue<T extends Due>(): DueQueue<T> {
  let heap: T[] = []
  const isBefore = (a: T, b: T): boolean => a.due < b.due || (a.due === b.due && a.order < b.order)

  const add = (item: T): void => {
    let at = heap.length
    heap.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(item, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = item
  }

  return {
    add,
    first: () => heap[0],
    drop() {
      const last = heap.pop()
      if (last === undefined || heap.length === 0) return
      let at = 0
      for (;;) {
        let below = 2 * at + 1
        let child = heap[below]
        const right = heap[below + 1]
        if (child !== undefined && right !== undefined && isBefore(right, child)) [child, below] = [right, below + 1]
        if (child === undefined || !isBefore(child, last)) break
        heap[at] = child
        at = below
      }
      heap[at] = last
    },
    keep(isWanted) {
      const wanted = heap.filter(isWanted)
      heap = []
      for (const item of wanted) add(item)
    },
    size: () => heap.length,
  }
}
