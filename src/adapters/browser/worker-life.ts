/** What a worker posts once it holds the lock that it keeps until its end, or where the browser gives none. */
export interface AliveMessage {
  readonly isAlive: true
  readonly isHeld: boolean
}

/**
 * Called in a worker at its start: holds the Web Lock named like the worker until the worker ends in whatever way, and says so. A page
 * that waits for the same lock learns of the end also where no `error` event tells it; without locks it goes by that event alone.
 */
export function holdWorkerLife(scope: { readonly name: string; postMessage(message: AliveMessage): void }): void {
  const sayUnheld = (): void => scope.postMessage({ isAlive: true, isHeld: false })
  const hold = async (): Promise<unknown> =>
    navigator.locks.request(scope.name, () => {
      scope.postMessage({ isAlive: true, isHeld: true })
      return new Promise(() => {})
    })
  hold().catch(sayUnheld)
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
  /** Rejects where this page is given no locks, though the worker was: its end is then told by its errors alone. */
  async function waitForEnd(): Promise<void> {
    await navigator.locks.request(name, { signal }, end)
  }
  const isWatched = new Promise<void>((resolve) => {
    worker.addEventListener(
      'message',
      ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== 'object' || data === null || !('isAlive' in data)) return
        if ('isHeld' in data && data.isHeld === true) waitForEnd().catch(() => undefined)
        resolve()
      },
      { signal },
    )
  })
  return { isWatched, stop: () => control.abort() }
}
