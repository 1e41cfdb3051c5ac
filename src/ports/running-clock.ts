import type { Clock } from './clock.ts'

/** The functions that a clock needs of its platform. */
export interface TimeSource {
  /** Unix milliseconds. */
  date(): number
  /** Milliseconds on a scale that never goes back; it may or may not go on while the process is stopped. */
  monotonic(): number
  /** Calls the clock's `ring` in `ms` milliseconds; this replaces any earlier request. */
  callIn(ms: number): void
}

/** A clock that knows when its process stood still. */
export interface RunningClock extends Clock {
  /** The time source calls it when the time has come; a call at another time does no harm. */
  ring(): void
  /** The owner of the time source calls it when the source has lost the call that was asked for. */
  callAgain(): void
}

interface Waiter {
  /** On the scale of `ran`. */
  due: number
  readonly ms: number
  isRenewed: boolean
  fire(): void
}

/** Longest time between rings while anybody waits, so that a stop is noticed, and counts as running time for no longer than this. */
const BEAT_MS = 1_000
/** A ring that comes so much later than asked for shows that the process stood still. */
const LATE_MS = 1_000
/** Least time that a wait has left after a stop, granted once: the process first deals with what came in meanwhile. */
const RENEWED_MS = 10_000

/**
 * Returns a clock over `source` that counts only the time for which this process runs. A stopped process hears nothing, so silence during a
 * stop says nothing about the far side. After a stop every wait under way has at least 10 s left, or its whole length where that is
 * shorter. Each wait gets this once, so that no number of stops keeps it from ending.
 */
export function createRunningClock(source: TimeSource): RunningClock {
  const waiters = new Set<Waiter>()
  const listeners = new Set<() => void>()
  /** Time of the next ring, on the monotonic scale; Infinity while none is asked for. */
  let nextRing = Infinity
  let stoppedMs = 0
  let lead = source.date() - source.monotonic()

  /** Returns the running time, without the time that passed while this process was stopped. */
  function look(): number {
    const now = source.monotonic()
    const late = now - nextRing
    if (late > LATE_MS) {
      stoppedMs += late
      nextRing = now
      goOn(now - stoppedMs)
    }
    return now - stoppedMs
  }

  /** Detects sleep by the date alone: the monotonic scale of some systems stands still while the machine sleeps. */
  function lookAtDate(ran: number): void {
    const before = lead
    lead = source.date() - source.monotonic()
    if (lead - before > LATE_MS) goOn(ran)
  }

  /** Renews the waits that a stop interrupted, and tells the listeners. */
  function goOn(ran: number): void {
    for (const waiter of waiters) {
      if (waiter.isRenewed) continue
      waiter.isRenewed = true
      waiter.due = Math.max(waiter.due, ran + Math.min(waiter.ms, RENEWED_MS))
    }
    for (const listener of [...listeners]) listener()
  }

  function callAt(due: number): void {
    const at = due + stoppedMs
    if (at >= nextRing) return
    nextRing = at
    source.callIn(Math.max(0, Math.ceil(at - source.monotonic())))
  }

  function callForEarliest(ran: number): void {
    if (waiters.size === 0) return
    let earliest = ran + BEAT_MS
    for (const { due } of waiters) earliest = Math.min(earliest, due)
    callAt(earliest)
  }

  return {
    now: () => source.date(),
    ran: look,
    wait(ms, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const ran = look()
        const length = Math.max(0, ms)
        const waiter: Waiter = {
          due: ran + length,
          ms: length,
          isRenewed: false,
          fire() {
            signal?.removeEventListener('abort', stop)
            resolve()
          },
        }
        function stop() {
          waiters.delete(waiter)
          reject(signal?.reason)
        }
        waiters.add(waiter)
        signal?.addEventListener('abort', stop, { once: true })
        callAt(Math.min(waiter.due, ran + BEAT_MS))
      })
    },
    ring() {
      const ran = look()
      lookAtDate(ran)
      nextRing = Infinity
      const due = [...waiters].filter((waiter) => waiter.due <= ran)
      for (const waiter of due.toSorted((a, b) => a.due - b.due)) {
        waiters.delete(waiter)
        waiter.fire()
      }
      callForEarliest(ran)
    },
    callAgain() {
      nextRing = Infinity
      callForEarliest(look())
    },
    watchGaps(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
