import type { StatusWord } from '../../core/status.ts'
import type { ExplanationView, MeterView, ProgressView } from './file-view.ts'

/** What can hold a read back: the line of this device, or those of all holders. */
export const readLimits = ['line', 'holders'] as const
export type ReadLimit = (typeof readLimits)[number]

/** How a read goes: bytes per second of the last seconds, and what has held it back for ten seconds. */
export interface ReadPace {
  readonly bytesPerSecond: number
  readonly limit: ReadLimit | undefined
}

/** A file opened for reading. `read` may be called for any range, several times. */
export interface OpenedFile {
  /** A name under which every system can save it. SPEC FNM2. */
  readonly name: string
  readonly type: string
  readonly size: number
  /**
   * Yields the bytes of `[start, end)` in order, each piece valid until the next one is asked for. Waits for people and goes on when they
   * return; throws `signal.reason` on abort.
   */
  read(range?: { readonly start: number; readonly end: number }, options?: { readonly signal?: AbortSignal }): AsyncIterable<Uint8Array>
  /** Returns how the reads go; in another tab than the one that runs the node, as of its last piece. */
  pace(): ReadPace
}

/** The file behind a link, as its page shows it. */
export interface LinkView {
  readonly is: 'opening' | 'ready' | 'failed'
  /** As a screen may show it. SPEC FNM1. */
  readonly name?: string
  readonly type?: string
  readonly size?: number
  readonly status: StatusWord
  readonly meter: MeterView
  readonly explanation: ExplanationView
  readonly progress?: ProgressView
}

/** A received link, kept open while its page is shown. */
export interface OpenedLink {
  snapshot(): LinkView
  watch(listener: () => void): () => void
  /**
   * Resolves once the link's object is read; waits for people as long as it takes.
   * @throws HoardError 'link-malformed' | 'link-expired' | 'format-unknown'
   */
  file(options?: { readonly signal?: AbortSignal }): Promise<OpenedFile>
  close(): void
}
