/** Runs up to a fixed number of long works side by side; further ones wait their turn. */
export interface Limiter {
  /** Runs `work` as soon as a place is free. Throws what `work` throws; `signal.reason` while it waits. */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>
}

/** Returns a limiter of `count` free places, given out first come, first served. */
export function createLimiter(count: number): Limiter {
  let free = count
  const waiting: (() => void)[] = []
  const take = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    if (free > 0) {
      free--
      return
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        waiting.splice(waiting.indexOf(enter), 1)
        reject(signal.reason as Error)
      }
      waiting.push(enter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }
  const give = (): void => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  return {
    async run(work, signal) {
      await take(signal)
      try {
        return await work()
      } finally {
        give()
      }
    },
  }
}
