import type { StatusWord } from '../../core/status.ts'
import type { ExplanationView, MeterView, ProgressView } from './file-view.ts'

/** A file opened for reading. `read` may be called for any range, several times. */
export interface OpenedFile {
  /** As it may be saved on every system. SPEC FNM2. */
  readonly name: string
  readonly type: string
  readonly size: number
  /**
   * Yields the bytes of `[start, end)` in order, each piece good until the next one is asked for. Waits for people and goes on when they return;
   * ends with `signal.reason` on abort.
   */
  read(range?: { readonly start: number; readonly end: number }, options?: { readonly signal?: AbortSignal }): AsyncIterable<Uint8Array>
}

/** What a link says before anything is downloaded. */
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
  /** Resolves once the link's object is read; waits for people as long as it takes. Throws 'link-malformed' | 'link-expired' | 'format-unknown'. */
  file(options?: { readonly signal?: AbortSignal }): Promise<OpenedFile>
  close(): void
}
