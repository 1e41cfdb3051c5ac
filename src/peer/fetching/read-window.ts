import { LEAF_BYTES } from '../../core/sizes.ts'
import { SMALLEST_FRAME_BYTES } from '../../protocol/limits.ts'
import type { QueueSeen } from './queue-watch.ts'

/** How many bytes a reader asks for ahead, over all holders together. */
export interface ReadWindow {
  /** Bytes that may be under way now. */
  readonly size: number
  /** Notes that `bytes` came, at the rate of `seen`, while the window was what held the reader back, or not. */
  take(bytes: number, heldBack: 'by the window' | 'by something else', seen: Path): void
  /**
   * Looks at the way in, some times a second.
   * @param underWay bytes that are under way now
   * @param queue how long bytes stand in line before this device's network; undefined while nobody knows
   */
  look(seen: Path, underWay: number, queue: QueueSeen | undefined): void
}

/** The way in, as it is seen. */
export interface Path {
  /** Bytes per second that come from everybody. */
  readonly rate: number
  /** Shortest round trip to anybody who is read from. */
  readonly roundTripMs: number
}

/** Before anything is known: one slice, which even a line of 1 Mbit/s brings in two seconds. */
export const FIRST_WINDOW_BYTES = 4 * LEAF_BYTES
/** One leaf, so that the next one is asked for while the last frame of the one before is still coming. */
const LEAST_WINDOW_BYTES = LEAF_BYTES + SMALLEST_FRAME_BYTES
/** What may stand in line before a reader's network, so that a call or a game beside it goes on. Source: RFC 6817, section 2.4.2, TARGET. */
export const QUEUE_MS = 100
/** So many of the shortest frames may stand in line at least: on slow lines two of them take longer than the target. */
const QUEUED_FRAMES = 2
/** Share of itself by which the window changes at a look, where the queue is a whole target off; and until the line was first seen full. */
const [GAIN, FIRST_GAIN] = [0.125, 1]

/**
 * Returns a window for a reader that has seen nothing. It begins with one slice and doubles with every round trip, up to twice what came in a
 * round trip and a target of queueing. Beyond, it follows the queue before the reader's network: holders with slow lines of their own cause
 * none there, so that more of them are asked until the reader's line is full or all of them are busy.
 * Source: SPEC.md FET3; after RFC 6817 (LEDBAT), with a window on what is asked for in place of one on what is sent.
 */
export function createReadWindow(): ReadWindow {
  let size = FIRST_WINDOW_BYTES
  let isHeldBack = false
  let wasFull = false
  const productOf = ({ rate, roundTripMs }: Path, queueMs: number): number => (rate * (roundTripMs + queueMs)) / 1000
  return {
    get size() {
      return size
    },
    take(bytes, heldBack, seen) {
      if (heldBack !== 'by the window') return
      isHeldBack = true
      size = Math.max(size, Math.min(2 * productOf(seen, QUEUE_MS), size + bytes))
    },
    look(seen, underWay, queue) {
      // Where more waits than should, the rest of it may go: what comes in a round trip keeps the line full.
      const targetMs = Math.max(QUEUE_MS, (QUEUED_FRAMES * SMALLEST_FRAME_BYTES * 1000) / Math.max(1, seen.rate))
      const least = Math.max(LEAST_WINDOW_BYTES + productOf(seen, 0), productOf(seen, (queue?.atLeastMs ?? 0) > targetMs ? 0 : QUEUE_MS))
      const share = queue === undefined ? 0 : Math.max(-1, (targetMs - queue.atLeastMs) / targetMs)
      const off = queue?.isWhole === true ? share : Math.min(0, share)
      wasFull ||= off < 0
      // A window that is wider than what the holders are asked for would shrink for long before anybody was asked for less.
      if (off < 0 && !isHeldBack) size = Math.min(size, Math.max(underWay, 2 * productOf(seen, QUEUE_MS)))
      if (off < 0 || isHeldBack) size *= 1 + (wasFull ? GAIN : FIRST_GAIN) * off
      size = Math.max(least, size)
      isHeldBack = false
    },
  }
}
