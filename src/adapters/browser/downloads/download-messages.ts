/** A message of a page to the service worker; a `download` brings the port over which its bytes are pulled. */
export type ToWorker =
  /**
   * With `isHeld`, the page holds the lock `pageLock(id)` until it ends: the service worker that gets the lock knows that the page is gone.
   */
  | { readonly is: 'download'; readonly id: string; readonly name: string; readonly size: number; readonly isHeld: boolean }
  | { readonly is: 'ping'; readonly id: string }
  | { readonly is: 'SKIP_WAITING' }

/** A message of the service worker over the port of one download. */
export type FromWorker =
  | { readonly is: 'ready' }
  /** Asks for a chunk, and returns the buffer of one that is used up. */
  | { readonly is: 'pull'; readonly used?: Uint8Array<ArrayBuffer> }
  | { readonly is: 'pong' }
  | { readonly is: 'cancelled' }

/** A message of the page over the port of one download: one answer for every `pull`. */
export type ToDownload =
  { readonly is: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> } | { readonly is: 'end' } | { readonly is: 'fail' }

/** Path under which the service worker answers downloads; a random id follows. */
export const downloadPath = '/~/download/'

/** Name of the Web Lock that a page holds while download `id` is under way. */
export function pageLock(id: string): string {
  return `scatterhoard/download/${id}/page`
}

/** Name of the Web Lock that the service worker holds while it has download `id`. */
export function workerLock(id: string): string {
  return `scatterhoard/download/${id}/worker`
}

/** Tells whether `id` has the form of a download id: 22 characters of base64url. */
export function isDownloadId(id: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(id)
}
