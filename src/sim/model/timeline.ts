/** Things that happen in the order of their times; of those at one time, in the order in which they were planned. */
export interface Timeline {
  /** Milliseconds since the beginning of the run. */
  now(): number
  /** Plans `run` for `at`, or for now when that is past. */
  plan(at: number, run: () => void): void
  /** Runs everything that is planned up to `end`, also what is planned meanwhile; afterwards it is `end`. */
  runUntil(end: number): void
}

interface Planned {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** Returns a timeline at 0: a binary heap, since a million sessions begin and end on it. */
export function createTimeline(): Timeline {
  const heap: Planned[] = []
  let [time, planned] = [0, 0]
  const isBefore = (a: Planned, b: Planned): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

  const push = (item: Planned): void => {
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

  const pop = (): void => {
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
  }

  return {
    now: () => time,
    plan: (at, run) => push({ at: Math.max(at, time), order: planned++, run }),
    runUntil: (end) => {
      for (let first = heap[0]; first !== undefined && first.at <= end; first = heap[0]) {
        pop()
        time = first.at
        first.run()
      }
      time = end
    },
  }
}
