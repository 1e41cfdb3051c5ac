/** A place where changes are called out to whoever listens. */
export interface Changes {
  /** Calls every listener; a listener that throws does not stop the others. */
  tell(): void
  /** Calls `listener` after every change; returns how to stop. */
  watch(listener: () => void): () => void
  /** Resolves at the next change. Throws `signal.reason` as soon as `signal` aborts. */
  next(signal?: AbortSignal): Promise<void>
}

/** Returns a fresh place with no listeners. */
export function createChanges(): Changes {
  const listeners = new Set<() => void>()
  const watch = (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
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
    next(signal) {
      return new Promise((resolve, reject) => {
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
    },
  }
}

/** Shows an error that nobody waits for where the platform shows uncaught ones. */
function reportError(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
