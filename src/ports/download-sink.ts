/** A file that can be saved: its bytes come in order, each piece only when it is asked for. */
export interface SavableFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /**
   * Yields the file piece by piece; a piece is the reader's until it asks for the next. Throws `signal.reason` as soon as `signal` aborts.
   */
  read(range: undefined, options: { readonly signal: AbortSignal }): AsyncIterable<Uint8Array>
}

/** Callbacks of a file that is being saved: they report its progress and may hold it up. */
export interface Saving {
  /** Aborts when the person cancels. */
  readonly signal: AbortSignal
  /** Resolves when the person lets it go on; undefined while it is not paused. */
  gate(): Promise<void> | undefined
  /** Called when the platform takes the file from here on. */
  onBegin(): void
  /** Called with every number of bytes handed over. */
  onBytes(bytes: number): void
  /** Called every few seconds, even while no bytes come. */
  onBeat(): void
}

/** The place that downloads go to: on a page, the browser's own downloads. */
export interface DownloadSink {
  /**
   * Saves `file` under its name. Returns 'cancelled' when the person ended it on the platform's side.
   * @throws HoardError 'worker-died' | 'storage-unavailable' (too large for this window); whatever reading throws; `signal.reason`
   */
  save(file: SavableFile, saving: Saving): Promise<'done' | 'cancelled'>
}
