import { pageLock, workerLock } from './download-messages.ts'

/** Two locks by which a page and the service worker learn of each other's end during one download. */
export interface DownloadHold {
  /** Resolves when the service worker that said 'ready' is gone. */
  workerEnds(): Promise<void>
  release(): void
}

/** Holds the lock of a page for download `id`; undefined where there are no locks. */
export function holdDownload(locks: Pick<LockManager, 'request'> | undefined, id: string): Promise<DownloadHold | undefined> {
  if (locks === undefined) return Promise.resolve(undefined)
  const over = new AbortController()
  const { signal } = over
  const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  return new Promise((resolve) => {
    locks
      .request(pageLock(id), () => {
        resolve({
          workerEnds: () =>
            new Promise((gone) => {
              locks.request(workerLock(id), { signal }, () => gone()).catch(() => undefined)
            }),
          release: () => over.abort(),
        })
        return ended
      })
      .catch(() => resolve(undefined))
  })
}
