import type { Clock } from '../../ports/clock.ts'
import { LEAST_WINDOW_BYTES, MOST_WINDOW_BYTES } from '../limits.ts'

/** The bytes of one stream that may be under way: twice as many as the far side answers for in one round trip. */
export interface Window {
  /** Bytes that may be under way now. */
  readonly size: number
  /** Bytes that are under way. */
  readonly underWay: number
  /** Tells whether `bytes` more may be sent now; any number may while nothing is under way. */
  fits(bytes: number): boolean
  /** Notes that `bytes` are sent, or asked for. */
  add(bytes: number): void
  /** Notes that the far side answered for the oldest `bytes` that are under way. */
  take(bytes: number): void
  /** Forgets the bytes under way: the next conversation of the stream begins. */
  clear(): void
}

interface Sent {
  /** Bytes sent up to its end, since the stream began. */
  readonly end: number
  readonly at: number
  /** Bytes answered for when it was sent. */
  readonly answered: number
}

/** Number of answers that the rate is taken from: the best of them counts, so that one slow write of a disk does not shrink the window. */
const SAMPLES = 16
/** Age in milliseconds beyond which a round trip no longer counts: it may belong to another path. Source: BBR, "min_rtt window". */
const PATH_MS = 10_000
/** Round trips' worth of bytes under way: with more than one, an answer never finds the sender idle. Source: BBR, "cwnd_gain". */
const GAIN = 2
/** A busy device must find work when it gets its turn, even where answers come at once: so many milliseconds' worth beside the path. */
const AHEAD_MS = 100
/** Clocks count whole milliseconds. */
const SHORTEST_MS = 1

/**
 * Returns a window over `clock`, with nothing under way. Its size is the highest rate at which answers came lately, times twice the shortest
 * round trip of the last seconds and a tenth of a second more; 32 KiB at first and at least, 3 MiB at most. It doubles with each round trip
 * until the path is full, so a slow line is not filled with more than it carries in its first seconds.
 * Source: SPEC.md STO3, FET3; Cardwell et al., "BBR: congestion-based congestion control", 2016.
 */
export function createWindow(clock: Clock): Window {
  let size = LEAST_WINDOW_BYTES
  let sent = 0
  let answered = 0
  let sentPieces: Sent[] = []
  let shortestMs = Infinity
  let beforeMs = Infinity
  let pathSince = clock.ran()
  const rates: number[] = []

  function measure({ end, at, answered: before }: Sent): void {
    const tookMs = Math.max(SHORTEST_MS, clock.ran() - at)
    if (clock.ran() - pathSince > PATH_MS) {
      beforeMs = shortestMs
      shortestMs = Infinity
      pathSince = clock.ran()
    }
    shortestMs = Math.min(shortestMs, tookMs)
    rates.push((end - before) / tookMs)
    if (rates.length > SAMPLES) rates.shift()
    const product = Math.max(...rates) * (GAIN * Math.min(shortestMs, beforeMs) + AHEAD_MS)
    size = Math.min(MOST_WINDOW_BYTES, Math.max(LEAST_WINDOW_BYTES, product))
  }

  return {
    get size() {
      return size
    },
    get underWay() {
      return sent - answered
    },
    fits: (bytes) => sent === answered || sent - answered + bytes <= size,
    add(bytes) {
      sent += bytes
      sentPieces.push({ end: sent, at: clock.ran(), answered })
    },
    take(bytes) {
      answered = Math.min(sent, answered + bytes)
      const whole = sentPieces.findIndex(({ end }) => end > answered)
      const done = whole < 0 ? sentPieces.length : whole
      const newest = sentPieces[done - 1]
      sentPieces = sentPieces.slice(done)
      if (newest !== undefined) measure(newest)
    },
    clear() {
      answered = sent
      sentPieces = []
    },
  }
}
