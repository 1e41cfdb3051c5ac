/** Time as a peer sees it; a simulator passes a virtual one. */
export interface Clock {
  /** Unix milliseconds: for dates. They jump when the clock of the machine is set. */
  now(): number
  /**
   * Milliseconds for which this process has run: for durations and deadlines. Time for which the process was stopped, or its machine
   * asleep, does not count.
   */
  ran(): number
  /**
   * Resolves once this process has run for `ms` milliseconds, also in a hidden tab.
   * @throws `signal.reason` as soon as `signal` aborts
   */
  wait(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>
  /**
   * Calls `listener` after each time for which this process was stopped or its machine asleep: other peers may have gone meanwhile. Returns
   * how to stop.
   */
  watchGaps(listener: () => void): () => void
}
