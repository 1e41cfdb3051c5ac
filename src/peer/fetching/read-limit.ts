import type { ReadLimit } from '../api/link-view.ts'

/** What has held a read back for a while, so that a moment says nothing. */
export interface LimitWatch {
  /** Notes what holds the read back at `now`, milliseconds. */
  note(limit: ReadLimit | undefined, now: number): void
  /** Returns what has done so for ten seconds without a break. */
  shown(now: number): ReadLimit | undefined
}

const LASTING_MS = 10_000
/** Bytes that come in bursts leave gaps in which nothing seems to hold them back. */
const GAP_MS = 3_000

/** Returns a watch that has seen nothing. */
export function createLimitWatch(): LimitWatch {
  let limit: ReadLimit | undefined
  let since = 0
  let seenAt = 0
  return {
    note(next, now) {
      if (next === undefined) return
      if (next !== limit || now - seenAt > GAP_MS) since = now
      limit = next
      seenAt = now
    },
    shown: (now) => (now - seenAt <= GAP_MS && seenAt - since >= LASTING_MS ? limit : undefined),
  }
}
