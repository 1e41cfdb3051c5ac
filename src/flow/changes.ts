import type { Clock } from '../ports/clock.ts'
import { firstOf } from './first-of.ts'

/** Announces changes to everybody who listens. */
export interface Changes {
  /** Calls every listener; a listener that throws does not stop the others. */
  tell(): void
  /** Calls `listener` after every change; returns how to stop. */
  watch(listener: () => void): () => void
  /** Tells whether anybody listens now. */
  isWatched(): boolean
  /** Resolves at the next change. Throws `signal.reason` as soon as `signal` aborts. */
  next(signal?: AbortSignal): Promise<void>
  /**
   * Resolves with true at the next change, or with false when `ms` milliseconds of `clock` have passed without one. Throws `signal.reason`.
   */
  nextWithin(clock: Pick<Clock, 'wait'>, ms: number, signal: AbortSignal): Promise<boolean>
}

/** Returns changes without listeners. */
export function createChanges(): Changes {
  const listeners = new Set<() => void>()
  const watch = (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const next = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error)
        return
      }
      const stop = watch(() => {
        settle()
        resolve()
      })
      const onAbort = (): void => {
        settle()
        reject(signal?.reason as Error)
      }
      const settle = (): void => {
        stop()
        signal?.removeEventListener('abort', onAbort)
      }
      signal?.addEventListener('abort', onAbort)
    })
  return {
    tell() {
      for (const listener of [...listeners]) {
        try {
          listener()
        } catch (error) {
          reportError(error)
        }
      }
    },
    watch,
    isWatched: () => listeners.size > 0,
    next,
    nextWithin: (clock, ms, signal) =>
      firstOf(
        signal,
        (until) => next(until).then(() => true),
        (until) => clock.wait(ms, { signal: until }).then(() => false),
      ),
  }
}

/** Hands an error that nobody awaits to the place where the platform shows uncaught ones. */
function reportError(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
