import type { Clock } from '../src/ports/clock.ts'

/** Returns the clock of a worker, whose timers run on while its page is hidden. */
export function createWorkerClock(): Clock {
  return {
    now: () => Date.now(),
    wait: (ms, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', stop)
          resolve()
        }, ms)
        function stop() {
          clearTimeout(timer)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', stop, { once: true })
      }),
  }
}
