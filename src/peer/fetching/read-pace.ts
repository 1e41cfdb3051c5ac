import { createRates } from '../../flow/rates.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ReadLimit, ReadPace } from '../api/link-view.ts'

/** What a reader knows of its read when it looks at it. */
export interface ReadLook {
  /** Bytes that came since the read began. */
  readonly cameBytes: number
  /** Whether nothing more is asked for because this device's line has enough to bring. */
  readonly isWindowFull: boolean
  /** Whether every holder is sending. */
  readonly areAllBusy: boolean
  /** Whether more stands before this device's network than should; undefined while no holder that rests has said so. */
  readonly isLineFull: boolean | undefined
}

/** Follows how fast a read goes and what holds it back. A moment says nothing of either. */
export interface PaceWatch {
  note(look: ReadLook): void
  /** Returns the rate of the last seconds, and what has held the read back for ten seconds without a break. */
  pace(): ReadPace
}

const LASTING_MS = 10_000
/** Bytes that come in bursts leave gaps in which nothing seems to hold them back. */
const GAP_MS = 3_000
/** The first bytes come in a burst, which is no rate of a line. */
const SETTLED_MS = 2_000
/** Where bytes came so many times as fast before, something else has changed than how fast people send: they all did not change together. */
const FALLEN_TIMES = 2
/** The queue before a full line comes and goes, and a holder rests only now and then. */
const KNOWN_MS = 2_500

/** Returns a watch that has seen nothing. */
export function createPaceWatch(clock: Clock): PaceWatch {
  const rates = createRates(clock)
  let bytesPerSecond = 0
  let fastest = 0
  let limit: ReadLimit | undefined
  let since = 0
  let beganAt: number | undefined
  let seenAt = -Infinity
  let line: { readonly isFull: boolean; readonly at: number } | undefined

  function limitOf({ isWindowFull, areAllBusy }: ReadLook, now: number): ReadLimit | undefined {
    if (line === undefined || now - line.at > KNOWN_MS) return undefined
    if (line.isFull) return isWindowFull ? 'line' : undefined
    return areAllBusy && FALLEN_TIMES * bytesPerSecond >= fastest ? 'holders' : undefined
  }

  return {
    note(look) {
      const now = clock.ran()
      beganAt ??= now
      bytesPerSecond = rates.of('read', look.cameBytes)
      if (now - beganAt >= SETTLED_MS) fastest = Math.max(fastest, bytesPerSecond)
      if (look.isLineFull !== undefined) line = { isFull: look.isLineFull, at: now }
      const next = limitOf(look, now)
      if (next === undefined) return
      if (next !== limit || now - seenAt > GAP_MS) since = now
      limit = next
      seenAt = now
    },
    pace() {
      const isShown = clock.ran() - seenAt <= GAP_MS && seenAt - since >= LASTING_MS
      return { bytesPerSecond, limit: isShown ? limit : undefined }
    },
  }
}
