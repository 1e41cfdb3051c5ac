import { downloadPath, pageLock, workerLock, type ToWorker } from './download-messages.ts'

/** What a download needs of the browser. */
export interface DownloadHost {
  /** Resolves with a way to post to the running service worker, or undefined when there will be none on this page. */
  worker(): Promise<PostToWorker | undefined>
  /** Resolves once the service worker can learn of this page's end while download `id` is under way, undefined where the browser has no locks. */
  holdPage(id: string): Promise<DownloadHold | undefined>
  /** Makes the browser fetch the download `id` from the service worker; returns how to tidy up. */
  fetchDownload(id: string): () => void
  /** Hands finished bytes to the browser's downloads under `name`. */
  saveBlob(blob: Blob, name: string): void
}

/** What ties a page and the service worker together for one download. */
export interface DownloadHold {
  /** Resolves when the service worker that said 'ready' is gone. */
  workerEnds(): Promise<void>
  release(): void
}

/** Posts one message to the service worker. */
export type PostToWorker = (message: ToWorker, transfer?: Transferable[]) => void

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

/** Returns the host of a real page; `registration` is the service worker's, undefined where the browser has none. */
export function createDownloadHost(page: Document, registration: Promise<ServiceWorkerRegistration | undefined>): DownloadHost {
  return {
    holdPage: (id) => holdDownload(page.defaultView?.navigator.locks, id),
    async worker() {
      const registered = await registration
      if (registered === undefined) return undefined
      const { active } = await navigator.serviceWorker.ready
      if (active === null) return undefined
      // the newest active worker, also after an update in mid-download
      return (message, transfer = []) => (registered.active ?? active).postMessage(message, transfer)
    },
    fetchDownload(id) {
      const frame = page.createElement('iframe')
      frame.hidden = true
      frame.title = 'Download'
      frame.src = downloadPath + id
      page.body.append(frame)
      return () => frame.remove()
    },
    saveBlob(blob, name) {
      const url = URL.createObjectURL(blob)
      const link = page.createElement('a')
      link.href = url
      link.download = name
      link.click()
      // the browser has taken its own reference by the next user-visible moment; a later tidy-up is the page's end
      page.defaultView?.addEventListener('pagehide', () => URL.revokeObjectURL(url), { once: true })
    },
  }
}
