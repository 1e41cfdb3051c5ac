import { HoardError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

/** Abort reason of a wait that nobody needs any more: without one, every frame would cost an exception with its stack. */
const SETTLED = 'settled'

/** A signal that aborts at a deadline; its user calls `clear` when nobody waits for it any more. */
export interface Deadline {
  readonly signal: AbortSignal
  clear(): void
}

/**
 * Returns a deadline after `ms` milliseconds of `clock`, for work of several calls; its signal aborts with HoardError 'holder-silent', or
 * as `signal` does. The deadline moves on by the time, counted by `heldMs`, for which this side held itself back.
 */
export function startDeadline(clock: Clock, ms: number, signal: AbortSignal | undefined, heldMs: () => number = () => 0): Deadline {
  const ending = new AbortController()
  const settled = new AbortController()
  const onAbort = (): void => ending.abort(signal?.reason)
  if (signal?.aborted === true) onAbort()
  // A listener instead of AbortSignal.any: one long-lived signal serves thousands of frames.
  signal?.addEventListener('abort', onAbort, { once: true })
  waitUnheld(clock, ms, heldMs, settled.signal).then(
    () => ending.abort(new HoardError('holder-silent', { afterMs: ms })),
    () => undefined,
  )
  return {
    signal: ending.signal,
    clear() {
      settled.abort(SETTLED)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

/**
 * Returns what `run` returns within `ms` milliseconds; the signal that it gets aborts at the deadline and with `signal`. The deadline moves
 * on by the time, counted by `heldMs`, for which this side held itself back.
 * @throws HoardError 'holder-silent' at the deadline; `signal.reason`
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
  heldMs?: () => number,
): Promise<T> {
  signal?.throwIfAborted()
  const deadline = startDeadline(clock, ms, signal, heldMs)
  try {
    return await run(deadline.signal)
  } finally {
    deadline.clear()
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

/** Returns what `work` returns. Throws `signal.reason` as soon as `signal` aborts; the work itself goes on, and its outcome is ignored. */
export function raceSignal<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
