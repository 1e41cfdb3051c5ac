import type { Clock } from '../../ports/clock.ts'
import { nextTurn } from './turn.ts'

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on by `ms` and fires every wait that falls due, in order of time. The work that a fired wait sets off runs, and may wait
   * anew, before the next one fires.
   */
  advance(ms: number): Promise<void>
  /** Lets `ms` pass while no user of this clock runs: they are all stopped, or their machine is asleep. */
  sleep(ms: number): void
  /** Number of waits under way. */
  waiting(): number
}

interface Waiter {
  readonly due: number
  readonly order: number
  fire(): void
}

/** Returns a clock that shows `start` Unix milliseconds. Unaffected by the machine's own clock. */
export function createVirtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  let time = start
  let sleptMs = 0
  let made = 0
  const waiters = new Set<Waiter>()
  const listeners = new Set<() => void>()

  function firstDue(until: number): Waiter | undefined {
    let first: Waiter | undefined
    for (const waiter of waiters) {
      if (waiter.due > until) continue
      if (!first || waiter.due < first.due || (waiter.due === first.due && waiter.order < first.order)) first = waiter
    }
    return first
  }

  return {
    now: () => time + sleptMs,
    ran: () => time - start,
    wait(ms, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const waiter: Waiter = {
          due: time + Math.max(0, ms),
          order: made++,
          fire() {
            signal?.removeEventListener('abort', stop)
            resolve()
          },
        }
        function stop() {
          waiters.delete(waiter)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', stop, { once: true })
        waiters.add(waiter)
      })
    },
    async advance(ms) {
      const until = time + ms
      await nextTurn()
      for (let next = firstDue(until); next; next = firstDue(until)) {
        time = Math.max(time, next.due)
        waiters.delete(next)
        next.fire()
        await nextTurn()
      }
      time = until
    },
    sleep(ms) {
      sleptMs += ms
      for (const listener of [...listeners]) listener()
    },
    watchGaps(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    waiting: () => waiters.size,
  }
}
