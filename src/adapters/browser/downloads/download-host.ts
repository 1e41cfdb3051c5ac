import { downloadPath, type ToWorker } from './download-messages.ts'

/** Functions of the browser that a download needs. */
export interface DownloadHost {
  /** Resolves with a function that posts to the running service worker, or undefined when this page will have none. */
  worker(): Promise<PostToWorker | undefined>
  /** Returns the locks by which the page and the service worker learn of each other's end, undefined where the browser has none. */
  locks(): Pick<LockManager, 'request'> | undefined
  /** Makes the browser fetch the download `id` from the service worker; returns how to tidy up. */
  fetchDownload(id: string): () => void
  /** Hands finished bytes to the browser's downloads under `name`. */
  saveBlob(blob: Blob, name: string): void
}

/** Posts one message to the service worker. */
export type PostToWorker = (message: ToWorker, transfer?: Transferable[]) => void

/** Returns the host of a real page; `registration` is the service worker's, undefined where the browser has none. */
export function createDownloadHost(page: Document, registration: Promise<ServiceWorkerRegistration | undefined>): DownloadHost {
  return {
    locks: () => page.defaultView?.navigator.locks,
    async worker() {
      const registered = await registration
      if (registered === undefined) return undefined
      const active = registered.active ?? (await activeWorker(registered))
      if (active === undefined) return undefined
      // Takes the newest active worker, also after an update during a download.
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
      // The browser keeps a reference of its own once it has begun the download; the URL goes when the page does.
      page.defaultView?.addEventListener('pagehide', () => URL.revokeObjectURL(url), { once: true })
    },
  }
}

/** Resolves with the first worker of `registration` once it is active, or with undefined when it fails to become active. */
function activeWorker(registration: ServiceWorkerRegistration): Promise<ServiceWorker | undefined> {
  const coming = registration.waiting ?? registration.installing
  return new Promise((resolve) => {
    const look = () => {
      if (coming === null || coming.state === 'redundant') resolve(undefined)
      else if (coming.state === 'activated') resolve(coming)
    }
    coming?.addEventListener('statechange', look)
    look()
  })
}
