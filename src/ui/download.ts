import { HoardError } from '../core/errors.ts'
import type { OpenedFile } from '../peer/index.ts'
import type { DownloadHost, PostToWorker } from './download-host.ts'
import { serveDownload } from './download-stream.ts'
import { createRate, type Rate } from './rate.ts'
import type { PageClock, PageRandom } from './surroundings.ts'
import { sayError, type Sentences } from './words.ts'

/** A file that can be downloaded: one's own, or the one behind a link. */
export interface DownloadSource {
  /** One running download per key. */
  readonly key: string
  readonly name: string
  /** Bytes, as far as known before it is opened. */
  readonly size?: number
  open(signal: AbortSignal): Promise<OpenedFile>
}

/** A download as the Transfers tray shows it. */
export interface DownloadView {
  readonly key: string
  readonly name: string
  readonly size: number
  readonly doneBytes: number
  readonly bytesPerSecond: number
  /** Undefined while nobody can tell. */
  readonly secondsLeft: number | undefined
  readonly state: 'opening' | 'browser' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed'
  readonly trouble?: Sentences
}

/** Every download of this page. */
export interface Downloads {
  snapshot(): readonly DownloadView[]
  watch(listener: () => void): () => void
  /** Starts a download, or starts a failed one again; a running one is left alone. */
  start(source: DownloadSource): void
  pause(key: string): void
  resume(key: string): void
  cancel(key: string): void
  /** Takes a finished, cancelled or failed one off the list. */
  forget(key: string): void
}

/** Above this size a download needs the service worker: a page would have to hold it in memory. Bytes. */
export const largestInMemory = 256 * 1024 * 1024
/** The browser ends a service worker that hears nothing for half a minute. Milliseconds. */
const pingMs = 5_000
const pongsMissed = 6
const workerWaitMs = 10_000
const shownEveryMs = 200

interface Running {
  source: DownloadSource
  view: DownloadView
  readonly stop: AbortController
  readonly rate: Rate
  resume: (() => void) | undefined
  gate: Promise<void> | undefined
}

/** Returns the downloads of this page. Each streams through the service worker, so that a file of any size goes to disk piece by piece. */
export function createDownloads(host: DownloadHost, clock: PageClock, random: PageRandom): Downloads {
  const byKey = new Map<string, Running>()
  const listeners = new Set<() => void>()
  let shown: readonly DownloadView[] = []
  let shownAt = 0

  const show = () => {
    shownAt = clock.ran()
    shown = [...byKey.values()].map((running) => running.view)
    for (const listener of listeners) listener()
  }
  const change = (running: Running, changes: Partial<DownloadView>) => {
    running.view = { ...running.view, ...changes }
    show()
  }
  const arrived = (running: Running, bytes: number) => {
    const now = clock.ran()
    running.rate.add(bytes, now)
    const doneBytes = running.view.doneBytes + bytes
    running.view = { ...running.view, doneBytes, ...pace(running.rate.perSecond(now), running.view.size - doneBytes) }
    if (now - shownAt >= shownEveryMs) show()
  }

  const run = async (running: Running) => {
    const { signal } = running.stop
    try {
      const file = await running.source.open(signal)
      signal.throwIfAborted()
      change(running, { name: file.name, size: file.size, state: 'browser' })
      const post = await workerFor(file.size, signal)
      const end = post === undefined ? await collect(running, file) : await stream(running, file, post)
      change(running, { state: end, ...pace(0, 0) })
    } catch (error) {
      if (signal.aborted && signal.reason === cancelled) change(running, { state: 'cancelled', ...pace(0, 0) })
      else change(running, { state: 'failed', ...pace(0, 0), trouble: sayError(error) })
    }
  }

  const workerFor = async (size: number, signal: AbortSignal) => {
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

  const stream = async (running: Running, file: OpenedFile, post: PostToWorker): Promise<'done' | 'cancelled'> => {
    const id = newDownloadId(random)
    const { port1, port2 } = new MessageChannel()
    const chunks = file.read(undefined, { signal: running.stop.signal })[Symbol.asyncIterator]()
    let tidy = () => {}
    let lastPong = clock.ran()
    const ended = new AbortController()
    const hold = await host.holdPage(id)
    let workerIsGone = (_: HoardError) => {}
    const gone = new Promise<never>((_, reject) => (workerIsGone = reject))
    const pings = (async () => {
      for (;;) {
        await clock.wait(pingMs, { signal: ended.signal })
        if (clock.ran() - lastPong > pongsMissed * pingMs) throw new HoardError('worker-died')
        post({ is: 'ping', id })
        change(running, pace(running.rate.perSecond(clock.ran()), running.view.size - running.view.doneBytes))
      }
    })()
    try {
      const served = serveDownload({
        port: port1,
        chunks,
        onReady: () => {
          void hold?.workerEnds().then(() => workerIsGone(new HoardError('worker-died')))
          tidy = host.fetchDownload(id)
          change(running, { state: running.gate === undefined ? 'running' : 'paused' })
        },
        onSent: (bytes) => arrived(running, bytes),
        onPong: () => (lastPong = clock.ran()),
        mayGoOn: () => running.gate ?? Promise.resolve(),
      })
      post({ is: 'download', id, name: file.name, size: file.size, isHeld: hold !== undefined }, [port2])
      return (await Promise.race([served, pings, gone, whenAborted(running.stop.signal)])) ?? 'done'
    } catch (error) {
      port1.postMessage({ is: 'fail' })
      throw error
    } finally {
      ended.abort(settled)
      pings.catch(() => undefined)
      gone.catch(() => undefined)
      running.resume?.()
      void Promise.resolve(chunks.return?.()).catch(() => undefined)
      // the frame stays for one more beat: removing it at once would stop a download that the browser is just taking over
      void clock.wait(pingMs).then(() => {
        tidy()
        port1.close()
        hold?.release()
      })
    }
  }

  const collect = async (running: Running, file: OpenedFile): Promise<'done'> => {
    if (file.size > largestInMemory) throw noWorker()
    change(running, { state: 'running' })
    const parts: BlobPart[] = []
    for await (const bytes of file.read(undefined, { signal: running.stop.signal })) {
      await running.gate
      running.stop.signal.throwIfAborted()
      parts.push(bytes.slice())
      arrived(running, bytes.length)
    }
    // never the file's own type: the browser saves it and shows nothing
    host.saveBlob(new Blob(parts, { type: 'application/octet-stream' }), file.name)
    return 'done'
  }

  return {
    snapshot: () => shown,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start(source) {
      const before = byKey.get(source.key)
      if (before !== undefined && isUnderWay(before.view)) return
      const view: DownloadView = {
        key: source.key,
        name: source.name,
        size: source.size ?? 0,
        doneBytes: 0,
        ...pace(0, 0),
        state: 'opening',
      }
      const running: Running = {
        source,
        view,
        stop: new AbortController(),
        rate: createRate(),
        resume: undefined,
        gate: undefined,
      }
      byKey.set(source.key, running)
      show()
      void run(running)
    },
    pause(key) {
      const running = byKey.get(key)
      if (running === undefined || running.view.state !== 'running') return
      running.gate = new Promise((resolve) => (running.resume = resolve))
      change(running, { state: 'paused', ...pace(0, 0) })
    },
    resume(key) {
      const running = byKey.get(key)
      if (running === undefined || running.view.state !== 'paused') return
      running.gate = undefined
      running.resume?.()
      change(running, { state: 'running' })
    },
    cancel(key) {
      byKey.get(key)?.stop.abort(cancelled)
    },
    forget(key) {
      const running = byKey.get(key)
      if (running === undefined || isUnderWay(running.view)) return
      byKey.delete(key)
      show()
    },
  }
}

/** Returns a fresh unguessable id, 22 characters of base64url: no other page can name this download. */
export function newDownloadId(random: PageRandom): string {
  return btoa(String.fromCharCode(...random.bytes(16)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Tells whether a download still has something to do. */
export function isUnderWay(view: DownloadView): boolean {
  return view.state !== 'done' && view.state !== 'cancelled' && view.state !== 'failed'
}

const cancelled = new Error('cancelled by the person')
const settled = new Error('no longer needed')

function noWorker(): HoardError {
  return new HoardError('storage-unavailable', { wants: 'service-worker' })
}

function pace(bytesPerSecond: number, bytesLeft: number): Pick<DownloadView, 'bytesPerSecond' | 'secondsLeft'> {
  return { bytesPerSecond, secondsLeft: bytesPerSecond < 1 ? undefined : bytesLeft / bytesPerSecond }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
