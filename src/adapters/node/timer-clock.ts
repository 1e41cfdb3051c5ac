import type { Clock } from '../../ports/clock.ts'

/** Longest time that a timer takes: a signed 32-bit number of milliseconds. */
const LONGEST_MS = 2 ** 31 - 1

/** Returns the machine's clock, by timers that nobody slows down: those of Node, and of workers in browsers. */
export function createTimerClock(): Clock {
  return {
    now: () => Date.now(),
    async wait(ms, { signal } = {}) {
      const until = performance.now() + ms
      do {
        await waitOnce(Math.min(LONGEST_MS, Math.max(0, Math.ceil(until - performance.now()))), signal)
      } while (performance.now() < until)
    },
  }
}

function waitOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
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
  })
}
