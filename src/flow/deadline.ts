import { HoardError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

/** Why a wait ends that nobody needs any more: without a reason every frame would have an exception made, stack and all. */
const SETTLED = 'settled'

/**
 * Returns what `run` returns, provided it does so within `ms` milliseconds; its signal aborts at the deadline and with `signal`.
 * Time for which this side held itself back, as `heldMs` counts it, is granted on top.
 * @throws HoardError 'holder-silent' at the deadline; `signal.reason`
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
  heldMs: () => number = () => 0,
): Promise<T> {
  signal?.throwIfAborted()
  const ending = new AbortController()
  const settled = new AbortController()
  const onAbort = (): void => ending.abort(signal?.reason)
  // A listener instead of AbortSignal.any: one long-lived signal serves thousands of frames.
  signal?.addEventListener('abort', onAbort, { once: true })
  waitUnheld(clock, ms, heldMs, settled.signal).then(
    () => ending.abort(new HoardError('holder-silent', { afterMs: ms })),
    () => undefined,
  )
  try {
    return await run(ending.signal)
  } finally {
    settled.abort(SETTLED)
    signal?.removeEventListener('abort', onAbort)
  }
}

async function waitUnheld(clock: Clock, ms: number, heldMs: () => number, signal: AbortSignal): Promise<void> {
  let seen = heldMs()
  for (let left = ms; left > 0;) {
    await clock.wait(left, { signal })
    left = heldMs() - seen
    seen += left
  }
}

/** Returns what `work` returns. Throws `signal.reason` as soon as `signal` aborts; the work itself goes on unheard. */
export function raceSignal<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
