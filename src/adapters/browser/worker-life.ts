/** What a worker posts once it holds the lock that it keeps until its end. */
export interface AliveMessage {
  readonly isAlive: true
}

/**
 * Called in a worker at its start: holds the Web Lock named like the worker until the worker ends in whatever way, and says so. A page
 * that waits for the same lock learns of the end also where no `error` event tells it.
 */
export function holdWorkerLife(scope: { readonly name: string; postMessage(message: AliveMessage): void }): void {
  void navigator.locks.request(scope.name, () => {
    scope.postMessage({ isAlive: true })
    return new Promise(() => {})
  })
}

/** A worker under watch. */
export interface LifeWatch {
  /** Resolves once the end of the worker cannot go unnoticed any more. */
  readonly isWatched: Promise<void>
  stop(): void
}

/** Calls `onEnd` once when the worker, named `name` and calling `holdWorkerLife`, has failed or ended. */
export function watchWorkerLife(worker: Worker, name: string, onEnd: () => void): LifeWatch {
  const control = new AbortController()
  const { signal } = control
  function end() {
    if (signal.aborted) return
    control.abort()
    onEnd()
  }
  worker.addEventListener('error', end, { signal })
  worker.addEventListener('messageerror', end, { signal })
  const isWatched = new Promise<void>((resolve) => {
    worker.addEventListener(
      'message',
      ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== 'object' || data === null || !('isAlive' in data)) return
        navigator.locks.request(name, { signal }, end).catch(() => undefined)
        resolve()
      },
      { signal },
    )
  })
  return { isWatched, stop: () => control.abort() }
}
