/** Time for the page, which also runs in a hidden tab; a `Clock` of the ports is one. */
export interface PageClock {
  /** Unix milliseconds. */
  now(): number
  /** Milliseconds for which this page has run; time for which it was stopped does not count. */
  ran(): number
  /** Resolves once the page has run for `ms` milliseconds; rejects with `signal.reason` as soon as `signal` aborts. */
  wait(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>
}

/** A few words remembered on this device, such as the chosen theme; never keys, names or links. */
export interface PageMemory {
  read(name: string): string | undefined
  write(name: string, value: string): void
}

/** Returns memory over `storage`, silent where the browser refuses it. */
export function createPageMemory(storage: () => Storage): PageMemory {
  return {
    read(name) {
      try {
        return storage().getItem(name) ?? undefined
      } catch {
        return undefined
      }
    },
    write(name, value) {
      try {
        storage().setItem(name, value)
      } catch {
        // in a browser that keeps nothing the choice is forgotten
      }
    },
  }
}
