import type { Clock } from '../../ports/clock.ts'
import { createDueQueue, type Due } from './due-queue.ts'
import { nextTurn } from './turn.ts'

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on by `ms` and fires every wait that falls due, in order of time. The work that a fired wait sets off runs, and may wait
   * anew, before the next one fires.
   */
  advance(ms: number): Promise<void>
  /** Moves time on to the first wait that falls due within `ms`, and fires it; by `ms` when there is none. Tells whether there was one. */
  step(ms: number): boolean
  /** Lets `ms` pass while no user of this clock runs: they are all stopped, or their machine is asleep. */
  sleep(ms: number): void
  /** Number of waits under way. */
  waiting(): number
  /** Returns this clock for one process, which can be killed. It waits for whole milliseconds, so that its dates are whole as well. */
  forProcess(): ProcessClock
}

/** The clock of a process. */
export interface ProcessClock extends Clock {
  /** Ends the process: none of its waits, now or later, ever comes to an end. */
  kill(): void
}

interface Waiter extends Due {
  /** Undefined once nobody waits any more. */
  end: ((how: 'due' | 'forgotten') => void) | undefined
}

/** Waits that are over stay in the queue until they are this many times those that are not. */
const MOST_OVER = 2
const FEW = 1_000

/**
 * Returns a clock that shows `start` Unix milliseconds. Unaffected by the machine's own clock.
 * @param settled resolves once the work is over that a fired wait has set off: also what the machine does beside, such as WebCrypto, which
 * would else answer hours too late
 */
export function createVirtualClock(start = Date.UTC(2026, 0, 1), settled: () => Promise<void> = nextTurn): VirtualClock {
  let time = start
  let sleptMs = 0
  let made = 0
  let waiting = 0
  const queue = createDueQueue<Waiter>()
  const listeners = new Set<() => void>()

  function forget(waiter: Waiter): void {
    if (waiter.end === undefined) return
    waiter.end = undefined
    waiting--
    if (queue.size() > MOST_OVER * waiting + FEW) queue.keep(({ end }) => end !== undefined)
  }

  function firstWaiter(): Waiter | undefined {
    for (let first = queue.first(); first !== undefined; first = queue.first()) {
      if (first.end !== undefined) return first
      queue.drop()
    }
    return undefined
  }

  /** Waits; the waiter is in `own` meanwhile. */
  function wait(ms: number, signal: AbortSignal | undefined, own?: Set<Waiter>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const waiter: Waiter = {
        // What is no number is due at once: in the order of the queue it would hide all others.
        due: time + (ms > 0 ? ms : 0),
        order: made++,
        end(how) {
          forget(waiter)
          own?.delete(waiter)
          signal?.removeEventListener('abort', stop)
          if (how === 'due') resolve()
        },
      }
      function stop() {
        waiter.end?.('forgotten')
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
      waiting++
      own?.add(waiter)
      queue.add(waiter)
    })
  }

  function step(ms: number): boolean {
    const until = time + ms
    const first = firstWaiter()
    if (first === undefined || first.due > until) {
      time = Math.max(time, until)
      return false
    }
    time = Math.max(time, first.due)
    queue.drop()
    first.end?.('due')
    return true
  }

  const clock: VirtualClock = {
    now: () => time + sleptMs,
    ran: () => time - start,
    wait: (ms, { signal } = {}) => wait(ms, signal),
    step,
    async advance(ms) {
      const until = time + ms
      await settled()
      while (step(until - time)) await settled()
    },
    sleep(ms) {
      sleptMs += ms
      for (const listener of [...listeners]) listener()
    },
    watchGaps(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    waiting: () => waiting,
    forProcess() {
      let own: Set<Waiter> | undefined = new Set()
      return {
        now: clock.now,
        ran: clock.ran,
        watchGaps: clock.watchGaps,
        wait: (ms, { signal } = {}) => (own === undefined ? new Promise(() => undefined) : wait(Math.ceil(ms), signal, own)),
        kill() {
          const ended = own ?? []
          own = undefined
          for (const waiter of [...ended]) waiter.end?.('forgotten')
        },
      }
    },
  }
  return clock
}
