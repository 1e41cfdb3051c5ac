/** What a worker posts once it holds the lock that it keeps until its end. */
export interface AliveMessage {
  readonly isAlive: true
}

/**
 * Called in a worker at its start: holds the Web Lock named like the worker until the worker ends in whatever way, and says so. A page
 * that waits for the same lock learns of the end also where no `error` event tells it.
 */
export function holdLife(scope: { readonly name: string; postMessage(message: AliveMessage): void }): void {
  void navigator.locks.request(scope.name, () => {
    scope.postMessage({ isAlive: true })
    return new Promise(() => {})
  })
}

/** Calls `onEnd` once when the worker, named `name` and calling `holdLife`, has failed or ended; returns how to stop watching. */
export function watchLife(worker: Worker, name: string, onEnd: () => void): () => void {
  const control = new AbortController()
  function end() {
    if (control.signal.aborted) return
    control.abort()
    onEnd()
  }
  const { signal } = control
  worker.addEventListener('error', end, { signal })
  worker.addEventListener('messageerror', end, { signal })
  worker.addEventListener(
    'message',
    ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== 'object' || data === null || !('isAlive' in data)) return
      navigator.locks.request(name, { signal }, end).catch(() => undefined)
    },
    { signal },
  )
  return () => control.abort()
}
