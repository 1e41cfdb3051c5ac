/** A worker posts it once it holds the lock that it keeps until its end, or where the browser gives no lock. */
export interface AliveMessage {
  readonly isAlive: true
  readonly isHeld: boolean
}

/**
 * A worker calls it at its start: it holds the Web Lock named like the worker until the worker ends in any way, and posts that it does. A
 * page that waits for the same lock learns of the end even where no `error` event reports it; without locks it relies on that event alone.
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
  /** Resolves once the end of the worker can no longer go unnoticed. */
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
  /** Waits for the worker's lock. Rejects where this page gets no locks, though the worker did: then only errors report its end. */
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
