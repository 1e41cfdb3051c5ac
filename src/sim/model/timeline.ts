import { createDueQueue, type Due } from '../../adapters/memory/due-queue.ts'

/** Things that happen in the order of their times; of those at one time, in the order in which they were planned. */
export interface Timeline {
  /** Milliseconds since the beginning of the run. */
  now(): number
  /** Plans `run` for `at`, or for now when that is past. */
  plan(at: number, run: () => void): void
  /** When the first thing happens that is planned; Infinity when nothing is. */
  next(): number
  /** Runs everything that is planned up to `end`, also what is planned meanwhile; afterwards it is `end`. */
  runUntil(end: number): void
}

interface Planned extends Due {
  readonly run: () => void
}

/** Returns a timeline at 0. */
export function createTimeline(): Timeline {
  const queue = createDueQueue<Planned>()
  let [time, planned] = [0, 0]
  return {
    now: () => time,
    plan: (at, run) => queue.add({ due: Math.max(at, time), order: planned++, run }),
    next: () => queue.first()?.due ?? Infinity,
    runUntil: (end) => {
      for (let first = queue.first(); first !== undefined && first.due <= end; first = queue.first()) {
        queue.drop()
        time = first.due
        first.run()
      }
      time = end
    },
  }
}
