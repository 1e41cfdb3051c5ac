import { concatBytes } from '../../../core/bytes.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { RandomAccessFile } from '../../../ports/files.ts'

/** Exists in Node; browsers have none. */
declare const setImmediate: ((work: () => void) => unknown) | undefined

/** The writes of a work that are still to be flushed. */
export interface Unflushed {
  readonly file: RandomAccessFile
  /** Number of bytes that the work wrote. */
  readonly bytes: number
  /** The footer that declares them kept: it is written after all payloads of its group, in one write with adjacent footers. */
  readonly footer: Footer
}

/** Bytes at their place in a file. */
interface Footer {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Flushes that many works share. */
export interface GroupCommit {
  /** Runs a work that may be followed by one that wants a flush: groups wait for it, within their bounds. */
  busy<T>(work: () => Promise<T>): Promise<T>
  /** Runs `work` and resolves once its writes are flushed. Throws what `work`, and write and flush of its file, throw. */
  durable(work: () => Promise<Unflushed>): Promise<void>
}

/** Bytes with which a group is flushed. */
export const GROUP_BYTES = 8 * 1024 * 1024
/** Milliseconds after its first work at which a group is flushed. */
export const GROUP_MS = 200

interface Group {
  readonly partByFile: Map<RandomAccessFile, Part>
  bytes: number
  isWaiting: boolean
  isDue: boolean
  readonly timer: AbortController
}

/** The part of a group that lies in one file. */
interface Part {
  readonly footers: Footer[]
  readonly done: Promise<void>
  settle(flush: Promise<void>): void
}

/**
 * Returns a group commit in which nothing waits. A group is flushed when it is full or due, and at once when no other work under way could
 * join it: a single store never waits.
 */
export function createGroupCommit(clock: Clock): GroupCommit {
  let underWay = 0
  let group: Group | undefined
  let isFlushing = false
  let isLooking = false
  const nextTurn = createTurnEnd(lookNow)

  function begin(): Group {
    return { partByFile: new Map(), bytes: 0, isWaiting: false, isDue: false, timer: new AbortController() }
  }

  function isOpenToOthers({ bytes, isDue }: Group): boolean {
    return underWay > 0 && bytes < GROUP_BYTES && !isDue
  }

  /** Decides at the end of the turn: a caller that has just been answered may come with its next work at once. */
  function look(): void {
    if (!group || isFlushing || isLooking) return
    if (isOpenToOthers(group)) return waitFor(group)
    isLooking = true
    nextTurn()
  }

  function lookNow(): void {
    isLooking = false
    const present = group
    if (!present || isFlushing) return
    if (isOpenToOthers(present)) return waitFor(present)
    group = undefined
    isFlushing = true
    present.timer.abort()
    void flushAll(present.partByFile).then(ended)
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

  function join({ file, bytes, footer }: Unflushed): Promise<void> {
    const joined = (group ??= begin())
    const part = joined.partByFile.get(file) ?? beginPart()
    joined.partByFile.set(file, part)
    part.footers.push(footer)
    joined.bytes += bytes
    look()
    return part.done
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

/** Returns a function that calls `work` after everything that is ready now, arrived messages included; a promise would run before them. */
function createTurnEnd(work: () => void): () => void {
  if (typeof setImmediate === 'function') {
    const immediately = setImmediate
    return () => void immediately(work)
  }
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = work
  return () => port2.postMessage(undefined)
}

function beginPart(): Part {
  let settle: (flush: Promise<void>) => void = () => undefined
  const done = new Promise<void>((resolve) => (settle = resolve))
  return { footers: [], done, settle }
}

/** Flushes one file after the other; an error goes to the works of that file. */
async function flushAll(partByFile: ReadonlyMap<RandomAccessFile, Part>): Promise<void> {
  for (const [file, { footers, settle }] of partByFile) {
    const flushed = writeAndFlush(file, footers)
    settle(flushed)
    await flushed.catch(() => undefined)
  }
}

async function writeAndFlush(file: RandomAccessFile, footers: readonly Footer[]): Promise<void> {
  for (const run of runsOf(footers)) await file.write(run[0]?.offset ?? 0, concatBytes(...run.map(({ bytes }) => bytes)))
  await file.flush()
}

/** Groups the footers, in the order of the file, into runs without a gap. */
function runsOf(footers: readonly Footer[]): readonly Footer[][] {
  const runs: Footer[][] = []
  let end = NaN
  for (const footer of footers.toSorted((a, b) => a.offset - b.offset)) {
    if (footer.offset === end) runs.at(-1)?.push(footer)
    else runs.push([footer])
    end = footer.offset + footer.bytes.length
  }
  return runs
}
