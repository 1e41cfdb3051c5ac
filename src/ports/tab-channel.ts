/** The channel over which the tabs of one browser profile speak with each other. Messages are cloned, never shared. */
export interface TabChannel {
  /** Names this tab among the others. */
  readonly self: string
  post(message: unknown): void
  /** Calls `listener` with every message of another tab; returns how to stop. */
  listen(listener: (message: unknown) => void): () => void
  /** Calls `listener` when this tab is about to go: it can still post a last message. */
  onEnd(listener: () => void): void
}
