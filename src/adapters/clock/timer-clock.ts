import type { Clock } from '../../ports/clock.ts'
import { createRunningClock } from '../../ports/running-clock.ts'

/** Returns the machine's clock over timers that nobody slows down: those of Node, and of workers in browsers. */
export function createTimerClock(): Clock {
  let timer: ReturnType<typeof setTimeout> | undefined
  const clock = createRunningClock({
    date: () => Date.now(),
    monotonic: () => performance.now(),
    callIn(ms) {
      clearTimeout(timer)
      timer = setTimeout(clock.ring, ms)
    },
  })
  return clock
}
