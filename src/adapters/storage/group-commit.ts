import type { Clock } from '../../ports/clock.ts'
import type { RandomAccessFile } from '../../ports/files.ts'

/** Node's; browsers have none. */
declare const setImmediate: ((work: () => void) => unknown) | undefined

/** What a work leaves to be flushed. */
export interface Unflushed {
  readonly file: RandomAccessFile
  readonly bytes: number
}

/** Flushes that many works share. */
export interface GroupCommit {
  /** Runs a work that may be followed by one that wants a flush: groups wait for it, within their bounds. */
  busy<T>(work: () => Promise<T>): Promise<T>
  /** Runs `work` and resolves once what it left is flushed. Throws what work and flush throw. */
  durable(work: () => Promise<Unflushed>): Promise<void>
}

/** A group is flushed when it has so many bytes. */
export const GROUP_BYTES = 8 * 1024 * 1024
/** A group is flushed so long after its first work. */
export const GROUP_MS = 200

interface Group {
  readonly files: Set<RandomAccessFile>
  readonly done: Promise<void>
  bytes: number
  isWaiting: boolean
  isDue: boolean
  settle(flush: Promise<void>): void
  readonly timer: AbortController
}

/**
 * Returns a group commit in which nothing waits. A group is flushed when it is full or due, and at once when no other work is under way
 * that could join it: a single store never waits for company.
 */
export function createGroupCommit(clock: Clock): GroupCommit {
  let underWay = 0
  let group: Group | undefined
  let isFlushing = false
  let isLooking = false
  const nextTurn = createTurnEnd(lookNow)

  function begin(): Group {
    let settle: (flush: Promise<void>) => void = () => undefined
    const done = new Promise<void>((resolve) => (settle = resolve))
    return { files: new Set(), done, bytes: 0, isWaiting: false, isDue: false, settle, timer: new AbortController() }
  }

  /** Looks at the end of the turn: whoever has just been answered may come with the next work at once. */
  function look(): void {
    if (!group || isFlushing || isLooking) return
    isLooking = true
    nextTurn()
  }

  function lookNow(): void {
    isLooking = false
    const present = group
    if (!present || isFlushing) return
    if (underWay > 0 && present.bytes < GROUP_BYTES && !present.isDue) return waitFor(present)
    group = undefined
    isFlushing = true
    present.timer.abort()
    present.settle(flushAll(present.files).finally(ended))
  }

  function waitFor(waiting: Group): void {
    if (waiting.isWaiting) return
    waiting.isWaiting = true
    const due = () => {
      waiting.isDue = true
      look()
    }
    clock.wait(GROUP_MS, { signal: waiting.timer.signal }).then(due, () => undefined)
  }

  function ended(): void {
    isFlushing = false
    look()
  }

  function join({ file, bytes }: Unflushed): Promise<void> {
    const joined = (group ??= begin())
    joined.files.add(file)
    joined.bytes += bytes
    look()
    return joined.done
  }

  return {
    async busy(work) {
      underWay++
      try {
        return await work()
      } finally {
        underWay--
        look()
      }
    },
    async durable(work) {
      underWay++
      let left: Unflushed
      try {
        left = await work()
      } catch (error) {
        underWay--
        look()
        throw error
      }
      underWay--
      await join(left)
    },
  }
}

/** Returns how to have `work` called after what is ready to run now, messages that have arrived included; promises alone would not let them in. */
function createTurnEnd(work: () => void): () => void {
  if (typeof setImmediate === 'function') {
    const immediately = setImmediate
    return () => void immediately(work)
  }
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = work
  return () => port2.postMessage(undefined)
}

async function flushAll(files: ReadonlySet<RandomAccessFile>): Promise<void> {
  for (const file of files) await file.flush()
}
