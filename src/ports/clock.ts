/** Time as a peer sees it; a simulator brings a virtual one. */
export interface Clock {
  /** Unix milliseconds: for dates. It jumps when the clock of the machine is set. */
  now(): number
  /**
   * Milliseconds for which this process has run: for how long something took, and for patience. Time for which the process was stopped, or
   * its machine asleep, does not count.
   */
  ran(): number
  /**
   * Resolves once this process has run for `ms` milliseconds, also in a hidden tab.
   * @throws `signal.reason` as soon as `signal` aborts
   */
  wait(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Calls `listener` after each time for which this process was stopped or its machine asleep: nobody may be where they were. Returns how to stop. */
  watchGaps(listener: () => void): () => void
}
