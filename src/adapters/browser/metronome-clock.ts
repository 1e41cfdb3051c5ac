import type { Clock } from '../../ports/clock.ts'
import metronomeUrl from '../../../workers/metronome.ts?worker&url'
import { trustedScriptUrl } from './worker-url.ts'

/** A clock that can be stopped. */
export interface MetronomeClock extends Clock {
  /** Ends the worker; waits under way never end but by their signals. */
  close(): void
}

/** Longest time that a timer takes: a signed 32-bit number of milliseconds. */
const LONGEST_MS = 2 ** 31 - 1
/** Starts of a worker that failed before any wait came to its end; after these the page's own timers do the work. */
const MAX_FAILURES = 3

interface Waiter {
  /** On `performance.now()`'s scale. */
  readonly due: number
  fire(): void
}

/**
 * Returns the clock of a page. Timers of a hidden page run once a minute or not at all, those of a worker do not: one worker calls when the
 * earliest wait is due. It is told of that one only. Nearly all waits are deadlines of something that comes in time, and a message for each
 * of them was a tenth of what the page of a store had to do.
 */
export function createMetronomeClock({ url = metronomeUrl }: { readonly url?: string } = {}): MetronomeClock {
  const waiters = new Set<Waiter>()
  /** When the next call comes at the latest. */
  let nextCall = Infinity
  let failures = 0
  let worker: Worker | undefined
  let isClosed = false

  function start(): Worker {
    const started = new Worker(trustedScriptUrl(url), { type: 'module', name: 'scatterhoard/metronome' })
    started.addEventListener('message', ring)
    started.addEventListener('error', () => {
      started.terminate()
      if (worker !== started || isClosed) return
      worker = undefined
      failures++
      nextCall = Infinity
      callForEarliest()
    })
    return started
  }

  function callAt(due: number): void {
    if (due >= nextCall || isClosed) return
    nextCall = due
    const ms = Math.min(LONGEST_MS, Math.max(0, Math.ceil(due - performance.now())))
    if (failures >= MAX_FAILURES) setTimeout(ring, ms)
    else (worker ??= start()).postMessage(ms)
  }

  function callForEarliest(): void {
    let earliest = Infinity
    for (const { due } of waiters) earliest = Math.min(earliest, due)
    callAt(earliest)
  }

  /** May come for a wait that was given up. */
  function ring(): void {
    nextCall = Infinity
    failures = failures >= MAX_FAILURES ? failures : 0
    const now = performance.now()
    const due = [...waiters].filter((waiter) => waiter.due <= now)
    for (const waiter of due.toSorted((a, b) => a.due - b.due)) {
      waiters.delete(waiter)
      waiter.fire()
    }
    callForEarliest()
  }

  return {
    now: () => Date.now(),
    wait(ms, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const waiter: Waiter = {
          due: performance.now() + Math.max(0, ms),
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
        callAt(waiter.due)
      })
    },
    close() {
      isClosed = true
      worker?.terminate()
    },
  }
}
