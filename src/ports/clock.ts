/** Time as a peer sees it; a simulator brings a virtual one. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number
  /**
   * Resolves once `ms` milliseconds have passed, also in a hidden tab.
   * @throws `signal.reason` as soon as `signal` aborts
   */
  wait(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>
}
