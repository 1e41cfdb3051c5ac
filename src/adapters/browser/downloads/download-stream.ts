import type { FromWorker, ToDownload } from './download-messages.ts'

/** One file on its way to the browser's own downloads. */
export interface DownloadPort {
  /** The near end of a MessageChannel whose far end the service worker holds. */
  readonly port: MessagePort
  /** The bytes, in order. Nothing is read before the worker asks for it. */
  readonly chunks: AsyncIterator<Uint8Array>
  onReady(): void
  /** Called with every number of bytes handed over. */
  onSent(bytes: number): void
  onPong(): void
  /** Resolves when the person may go on; at once unless paused. */
  mayGoOn(): Promise<void>
}

/**
 * Serves `chunks` over the port, one for every pull, until they end.
 * @returns 'done' once the worker has everything, 'cancelled' when the browser gave the download up
 * @throws every error of reading, after telling the browser that the download failed
 */
export function serveDownload(download: DownloadPort): Promise<'done' | 'cancelled'> {
  const { port, chunks } = download
  let used: Uint8Array<ArrayBuffer> | undefined
  return new Promise((resolve, reject) => {
    port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.is === 'ready') download.onReady()
      else if (data.is === 'pong') download.onPong()
      else if (data.is === 'cancelled') resolve('cancelled')
      else {
        used = data.used ?? used
        void answerPull()
      }
    }
    const answerPull = async () => {
      try {
        await download.mayGoOn()
        const next = await chunks.next()
        if (next.done === true) {
          port.postMessage({ is: 'end' } satisfies ToDownload)
          resolve('done')
          return
        }
        const { value } = next
        const { length } = value
        // Moves a copy: the bytes that were read belong to this reader only until it asks for more.
        const bytes = used?.length === length ? used : new Uint8Array(length)
        used = undefined
        bytes.set(value)
        port.postMessage({ is: 'chunk', bytes } satisfies ToDownload, [bytes.buffer])
        download.onSent(length)
      } catch (error) {
        port.postMessage({ is: 'fail' } satisfies ToDownload)
        reject(error)
      }
    }
  })
}
