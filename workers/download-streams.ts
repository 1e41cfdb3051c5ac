import {
  pageLock,
  workerLock,
  type FromWorker,
  type ToDownload,
  type ToWorker,
} from '../src/adapters/browser/downloads/download-messages.ts'

/** The downloads that pages have offered and the browser has not finished. */
export interface DownloadStreams {
  /**
   * Takes a page's message, and answers over the port that came with it. The worker must live until the returned promise resolves, five
   * minutes at most.
   */
  receive(message: ToWorker, ports: readonly MessagePort[]): Promise<void>
  /** Returns the file of download `id` as an attachment, each byte pulled from the page; 404 for an id that no page has offered. */
  answer(id: string): Response
}

interface Offer {
  readonly name: string
  readonly size: number
  readonly port: MessagePort
  isTaken: boolean
  /** Ends the download with an error, because its page is gone. */
  fail(): void
  /** Ends the time for which the last message of the page has kept the worker. */
  release(): void
}

/** Most chunks in the queue before the browser counts as full. */
const CHUNKS_AHEAD = 2
/** One more chunk is being read, and one is kept for any other use by a browser. */
const CHUNKS_IN_USE = CHUNKS_AHEAD + 2

/** Most downloads at once: more than any person begins. */
const mostOffers = 256

/** Returns an empty set of downloads. A page and this worker learn of each other's end by `locks`. */
export function createDownloadStreams(locks: Pick<LockManager, 'request'>): DownloadStreams {
  const offers = new Map<string, Offer>()

  function end(id: string): void {
    offers.get(id)?.release()
    offers.delete(id)
  }

  /** Resolves at the next message of the page about this download, or when the download has ended. */
  function keptBy(offer: Offer): Promise<void> {
    offer.release()
    return new Promise((resolve) => (offer.release = resolve))
  }

  async function watchPage(id: string): Promise<void> {
    // The worker's lock is held for longer than the page's: once it is free, the page knows that the worker is gone.
    await locks.request(workerLock(id), async () => {
      const offer = offers.get(id)
      if (offer === undefined) return
      tell(offer.port, { is: 'ready' })
      await locks.request(pageLock(id), () => offers.get(id)?.fail())
    })
  }

  return {
    async receive(message, [port]) {
      if (message.is === 'ping') {
        const offer = offers.get(message.id)
        if (offer === undefined) return
        tell(offer.port, { is: 'pong' })
        await keptBy(offer)
      }
      if (message.is !== 'download' || port === undefined || offers.size >= mostOffers || offers.has(message.id)) return
      const { id, name, size } = message
      const offer: Offer = { name, size, port, isTaken: false, fail: () => end(id), release: () => undefined }
      offers.set(id, offer)
      // A page that gives up before the browser has asked for the download says so here; afterwards the stream listens.
      port.onmessage = ({ data }: MessageEvent<ToDownload>) => {
        if (data.is === 'fail') end(id)
      }
      if (message.isHeld) watchPage(id).catch(() => offers.get(id)?.fail())
      else tell(port, { is: 'ready' })
      await keptBy(offer)
    },
    answer(id) {
      const offer = offers.get(id)
      if (offer === undefined || offer.isTaken) return new Response('This download is no longer on offer. Start it again.', { status: 404 })
      offer.isTaken = true
      const body = streamOf(offer, () => end(id))
      return new Response(body, { headers: headersFor(offer.name, offer.size) })
    },
  }
}

/** Returns the headers of an attachment that no browser renders. RFC 6266, RFC 8187. */
export function headersFor(name: string, size: number): Record<string, string> {
  const encoded = encodeURIComponent(name.replace(/\p{Surrogate}/gu, '\uFFFD')).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(size),
    'Content-Disposition': `attachment; filename*=UTF-8''${encoded}`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cache-Control': 'no-store',
  }
}

/** Asks for one chunk at a time, and only when the browser has room: that is all the back-pressure. */
function streamOf(offer: Offer, onEnd: () => void): ReadableStream<Uint8Array> {
  const { port, size } = offer
  const handedOver: Uint8Array<ArrayBuffer>[] = []
  let sent = 0
  let answered: ((message: ToDownload) => void) | undefined
  port.onmessage = ({ data }: MessageEvent<ToDownload>) => answered?.(data)
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        offer.fail = () => {
          onEnd()
          controller.error(new Error('the page is gone'))
          answered?.({ is: 'fail' })
        }
      },
      async pull(controller) {
        const message = await new Promise<ToDownload>((resolve) => {
          answered = resolve
          // At most two chunks wait in the queue and one is being read: those handed over before them are on disk or on their way there.
          const used = handedOver.length > CHUNKS_IN_USE ? handedOver.shift() : undefined
          tell(port, { is: 'pull', ...(used !== undefined && { used }) }, used === undefined ? [] : [used.buffer])
        })
        if (message.is === 'chunk') {
          sent += message.bytes.length
          if (sent <= size) {
            controller.enqueue(message.bytes)
            handedOver.push(message.bytes)
            return
          }
        }
        onEnd()
        // A file of another length than promised must not look finished.
        if (message.is === 'end' && sent === size) controller.close()
        else controller.error(new Error('the download was given up'))
      },
      cancel() {
        onEnd()
        tell(port, { is: 'cancelled' })
      },
    },
    { highWaterMark: CHUNKS_AHEAD },
  )
}

function tell(port: MessagePort, message: FromWorker, moved: Transferable[] = []): void {
  port.postMessage(message, moved)
}
