import { createRunningClock, type RunningClock } from '../../ports/running-clock.ts'
import metronomeUrl from '../../../workers/metronome.ts?worker&url'
import { trustedScriptUrl } from './worker-url.ts'

/** A clock that can be stopped. */
export interface MetronomeClock extends RunningClock {
  /** Ends the worker; waits under way then end only by their signals. */
  close(): void
}

/** Most starts of a worker that fail before any wait ends; then the page's own timers take over. */
const MAX_FAILURES = 3

/**
 * Returns the clock of a page. A browser runs the timers of a hidden page once a minute or not at all, but not those of a worker: one
 * worker calls when the earliest wait is due. The page tells it of that wait only. Nearly all waits are deadlines of something that comes
 * in time, and a message for each of them was a tenth of the work of a storing page.
 */
export function createMetronomeClock({ url = metronomeUrl }: { readonly url?: string } = {}): MetronomeClock {
  let failures = 0
  let worker: Worker | undefined
  let isClosed = false

  function start(): Worker {
    const started = new Worker(trustedScriptUrl(url), { type: 'module', name: 'scatterhoard/metronome' })
    started.addEventListener('message', () => {
      failures = 0
      clock.ring()
    })
    started.addEventListener('error', () => fail(started))
    return started
  }

  function fail(failed: Worker): void {
    failed.terminate()
    if (worker !== failed || isClosed) return
    worker = undefined
    failures++
    clock.callAgain()
  }

  function tell(ms: number): void {
    try {
      ;(worker ??= start()).postMessage(ms)
    } catch {
      // A browser without workers: the page still needs the time to say what it cannot do.
      failures = MAX_FAILURES
      setTimeout(clock.ring, ms)
    }
  }

  const clock = createRunningClock({
    date: () => Date.now(),
    monotonic: () => performance.now(),
    callIn(ms) {
      if (isClosed) return
      if (failures >= MAX_FAILURES) setTimeout(clock.ring, ms)
      else tell(ms)
    },
  })

  return {
    ...clock,
    close() {
      isClosed = true
      worker?.terminate()
    },
  }
}
