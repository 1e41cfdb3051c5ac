import type { Clock } from '../../ports/clock.ts'

/** Wakes everybody who waits; nobody hears a ring that came before. */
export interface Bell {
  readonly ring: () => void
  /** Resolves at the next ring. @throws `signal.reason` */
  wait(signal?: AbortSignal): Promise<void>
}

/** Returns a bell nobody has rung yet. */
export function createBell(): Bell {
  let resolve = () => {}
  let ringing = next()
  function next(): Promise<void> {
    return new Promise((resolveNext) => {
      resolve = resolveNext
    })
  }
  return {
    ring() {
      resolve()
      ringing = next()
    },
    wait: (signal) => orAbort(ringing, signal),
  }
}

/** Settles as `work` does, or rejects with the reason of `signal` as soon as that aborts. */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Resolves after `ms` milliseconds of the clock or at the next ring, whichever comes first. @throws `signal.reason` */
export async function waitOrBell(clock: Clock, ms: number, bell: Bell, signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const either = AbortSignal.any([done.signal, signal])
  try {
    await Promise.race([clock.wait(ms, { signal: either }).catch(() => {}), bell.wait(either).catch(() => {})])
  } finally {
    done.abort()
  }
  signal.throwIfAborted()
}
