import type { Clock } from '../../ports/clock.ts'
import metronomeUrl from '../../../workers/metronome.ts?worker&url'
import type { MetronomeRequest } from './metronome-request.ts'
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
 * Returns the clock of a page. Timers of a hidden page run once a minute or not at all, those of a worker do not: one worker keeps all
 * waits and posts only when one is due. research: staying alive.
 */
export function createMetronomeClock({ url = metronomeUrl }: { readonly url?: string } = {}): MetronomeClock {
  const waiters = new Map<number, Waiter>()
  let made = 0
  let failures = 0
  let worker: Worker | undefined
  let isClosed = false

  function start(): Worker {
    const started = new Worker(trustedScriptUrl(url), { type: 'module', name: 'scatterhoard/metronome' })
    started.addEventListener('message', ({ data }: MessageEvent<number>) => ring(data))
    started.addEventListener('error', () => {
      started.terminate()
      if (worker !== started || isClosed) return
      worker = undefined
      failures++
      for (const id of waiters.keys()) arm(id)
    })
    return started
  }

  function arm(id: number): void {
    const waiter = waiters.get(id)
    if (!waiter || isClosed) return
    const ms = Math.min(LONGEST_MS, Math.max(0, Math.ceil(waiter.due - performance.now())))
    if (failures >= MAX_FAILURES) setTimeout(ring, ms, id)
    else tell({ id, ms })
  }

  function tell(request: MetronomeRequest): void {
    worker ??= start()
    worker.postMessage(request)
  }

  function ring(id: number): void {
    const waiter = waiters.get(id)
    if (!waiter) return
    if (waiter.due > performance.now()) return arm(id)
    failures = failures >= MAX_FAILURES ? failures : 0
    waiters.delete(id)
    waiter.fire()
  }

  return {
    now: () => Date.now(),
    wait(ms, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const id = made++
        function stop() {
          waiters.delete(id)
          if (!isClosed && failures < MAX_FAILURES) tell({ id, isOff: true })
          reject(signal?.reason)
        }
        const fire = () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        }
        waiters.set(id, { due: performance.now() + Math.max(0, ms), fire })
        signal?.addEventListener('abort', stop, { once: true })
        arm(id)
      })
    },
    close() {
      isClosed = true
      worker?.terminate()
    },
  }
}
