import type { OpenedFile, ReadLimit } from '../../peer/index.ts'
import type { DownloadSink } from '../../ports/download-sink.ts'
import type { PageClock } from '../surroundings.ts'
import { sayError, type Sentences } from '../words/words.ts'

/** A file to download: an own file, or the one behind a link. */
export interface DownloadSource {
  /** One running download per key. */
  readonly key: string
  readonly name: string
  /** Bytes, if known before it is opened. */
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
  /** Undefined while the rate is unknown. */
  readonly secondsLeft: number | undefined
  /** What has held it back for a while. */
  readonly limit?: ReadLimit | undefined
  readonly state: 'opening' | 'browser' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed'
  readonly trouble?: Sentences
}

/** Every download of this page. */
export interface Downloads {
  snapshot(): readonly DownloadView[]
  watch(listener: () => void): () => void
  /** Starts a download, or a failed one again; leaves a running one alone. */
  start(source: DownloadSource): void
  pause(key: string): void
  resume(key: string): void
  cancel(key: string): void
  /** Takes a finished, cancelled or failed one off the list. */
  forget(key: string): void
}

const shownEveryMs = 200

interface Running {
  source: DownloadSource
  view: DownloadView
  readonly stop: AbortController
  file: OpenedFile | undefined
  resume: (() => void) | undefined
  gate: Promise<void> | undefined
}

/** Returns the downloads of this page, all of which go into `sink`. */
export function createDownloads(sink: DownloadSink, clock: PageClock): Downloads {
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
    const doneBytes = running.view.doneBytes + bytes
    running.view = {
      ...running.view,
      doneBytes,
      ...paceOf(running.file, running.view.size - doneBytes),
    }
    if (now - shownAt >= shownEveryMs) show()
  }

  const run = async (running: Running) => {
    const { signal } = running.stop
    try {
      const file = await running.source.open(signal)
      signal.throwIfAborted()
      running.file = file
      change(running, { name: file.name, size: file.size, state: 'browser' })
      const end = await sink.save(file, {
        signal,
        gate: () => running.gate,
        onBegin: () => change(running, { state: running.gate === undefined ? 'running' : 'paused' }),
        onBytes: (bytes) => arrived(running, bytes),
        onBeat: () => change(running, paceOf(file, running.view.size - running.view.doneBytes)),
      })
      change(running, { state: end, ...paceOf(undefined, 0) })
    } catch (error) {
      if (signal.aborted && signal.reason === cancelled) change(running, { state: 'cancelled', ...paceOf(undefined, 0) })
      else change(running, { state: 'failed', ...paceOf(undefined, 0), trouble: sayError(error) })
    } finally {
      running.resume?.()
    }
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
        ...paceOf(undefined, 0),
        state: 'opening',
      }
      const running: Running = {
        source,
        view,
        stop: new AbortController(),
        file: undefined,
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
      change(running, { state: 'paused', ...paceOf(undefined, 0) })
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

/** Tells whether a download is not over yet. */
export function isUnderWay(view: DownloadView): boolean {
  return view.state !== 'done' && view.state !== 'cancelled' && view.state !== 'failed'
}

const cancelled = new Error('cancelled by the person')

function paceOf(file: OpenedFile | undefined, bytesLeft: number): Pick<DownloadView, 'bytesPerSecond' | 'secondsLeft' | 'limit'> {
  const { bytesPerSecond, limit } = file?.pace() ?? { bytesPerSecond: 0, limit: undefined }
  return { bytesPerSecond, secondsLeft: bytesPerSecond < 1 ? undefined : bytesLeft / bytesPerSecond, limit }
}
