import { HoardError } from '../../../core/errors.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { SavableFile, Saving } from '../../../ports/download-sink.ts'
import type { Random } from '../../../ports/random.ts'
import { holdDownload } from './download-hold.ts'
import type { DownloadHost, PostToWorker } from './download-host.ts'
import { serveDownload } from './download-stream.ts'

/** The host that a file is saved to, and the callbacks that report it. */
interface PageSaving extends Saving {
  readonly host: DownloadHost
  readonly clock: Pick<Clock, 'ran' | 'wait'>
  readonly random: Random
}

/** Most bytes that a page saves without the service worker, since it must hold all of them in memory. */
export const largestInMemory = 256 * 1024 * 1024
/** Period of pings, milliseconds. The browser ends a service worker that hears nothing for half a minute. */
const pingMs = 5_000
const pongsMissed = 6
const workerWaitMs = 10_000

/**
 * Hands `file` to the browser's downloads: through the service worker, piece by piece, so that a file of any size goes to disk; from memory
 * where there is no service worker. Returns 'cancelled' when the person cancelled it in the browser.
 * @throws HoardError 'worker-died' | 'storage-unavailable' (too large without a service worker); whatever reading throws; `signal.reason`
 */
export async function saveFile(file: SavableFile, saving: PageSaving): Promise<'done' | 'cancelled'> {
  const post = await workerFor(file.size, saving)
  return post === undefined ? collect(file, saving) : stream(file, saving, post)
}

async function workerFor(size: number, { host, clock, signal }: PageSaving): Promise<PostToWorker | undefined> {
  const worker = host.worker()
  if (size > largestInMemory) {
    const post = await Promise.race([worker, whenAborted(signal)])
    if (post === undefined) throw noWorker()
    return post
  }
  const stopWaiting = new AbortController()
  const deadline = clock.wait(workerWaitMs, { signal: AbortSignal.any([signal, stopWaiting.signal]) }).then(() => undefined)
  try {
    return await Promise.race([worker, deadline])
  } finally {
    stopWaiting.abort(settled)
    deadline.catch(() => undefined)
  }
}

async function stream(file: SavableFile, saving: PageSaving, post: PostToWorker): Promise<'done' | 'cancelled'> {
  const { host, clock, signal } = saving
  const id = newDownloadId(saving.random)
  const hold = await holdDownload(host.locks(), id)
  const { port1, port2 } = new MessageChannel()
  const chunks = file.read(undefined, { signal })[Symbol.asyncIterator]()
  const ended = new AbortController()
  let tidy = () => {}
  let lastPong = clock.ran()
  let onWorkerEnd = () => {}
  const workerEnds = new Promise<never>((_, reject) => (onWorkerEnd = () => reject(new HoardError('worker-died'))))
  const pings = (async () => {
    for (;;) {
      await clock.wait(pingMs, { signal: ended.signal })
      if (clock.ran() - lastPong > pongsMissed * pingMs) throw new HoardError('worker-died')
      post({ is: 'ping', id })
      saving.onBeat()
    }
  })()
  try {
    const served = serveDownload({
      port: port1,
      chunks,
      onReady: () => {
        void hold?.workerEnds().then(onWorkerEnd)
        tidy = host.fetchDownload(id)
        saving.onBegin()
      },
      onSent: (bytes) => saving.onBytes(bytes),
      onPong: () => (lastPong = clock.ran()),
      mayGoOn: () => saving.gate() ?? Promise.resolve(),
    })
    post({ is: 'download', id, name: file.name, size: file.size, isHeld: hold !== undefined }, [port2])
    return await Promise.race([served, pings, workerEnds, whenAborted(signal)])
  } catch (error) {
    port1.postMessage({ is: 'fail' })
    throw error
  } finally {
    ended.abort(settled)
    pings.catch(() => undefined)
    workerEnds.catch(() => undefined)
    void Promise.resolve(chunks.return?.()).catch(() => undefined)
    // The frame stays for one more period: removing it at once would stop a download that the browser is just taking over.
    void clock.wait(pingMs).then(() => {
      tidy()
      port1.close()
      hold?.release()
    })
  }
}

async function collect(file: SavableFile, { host, signal, gate, onBegin, onBytes }: PageSaving): Promise<'done'> {
  if (file.size > largestInMemory) throw noWorker()
  onBegin()
  const parts: BlobPart[] = []
  for await (const bytes of file.read(undefined, { signal })) {
    await Promise.race([gate(), whenAborted(signal)])
    signal.throwIfAborted()
    parts.push(bytes.slice())
    onBytes(bytes.length)
  }
  // Never use the file's own type: with this one the browser saves the file and does not show it.
  host.saveBlob(new Blob(parts, { type: 'application/octet-stream' }), file.name)
  return 'done'
}

/** Returns a fresh unguessable id, 22 characters of base64url: no other page can name this download. */
export function newDownloadId(random: Random): string {
  return btoa(String.fromCharCode(...random.bytes(16)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

const settled = new Error('no longer needed')

function noWorker(): HoardError {
  return new HoardError('storage-unavailable', { wants: 'service-worker' })
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
