import { HoardError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

/** Abort reason of a wait that nobody needs any more: without one, every frame would cost an exception with its stack. */
const SETTLED = 'settled'

/** What moves a deadline on: waiting that is no fault of the far side, and signs that it is there. */
export interface Excuses {
  /** Milliseconds for which this side itself held the work back so far. */
  readonly heldMs?: (() => number) | undefined
  /** When the far side last did anything, by the clock's `ran`; undefined while it never did. */
  readonly movedAt?: (() => number | undefined) | undefined
}

/** How many times its length a deadline lasts at most while the far side moves: whoever sends a little for ever ends as well. */
const LONGEST_TIMES = 6

/** A signal that aborts at a deadline; its user calls `clear` when nobody waits for it any more. */
export interface Deadline {
  readonly signal: AbortSignal
  clear(): void
}

/**
 * Returns a deadline after `ms` milliseconds of `clock`, for work of several calls; its signal aborts with HoardError 'holder-silent', or
 * as `signal` does. `excuses` move it on.
 */
export function startDeadline(clock: Clock, ms: number, signal: AbortSignal | undefined, excuses: Excuses = {}): Deadline {
  const ending = new AbortController()
  const settled = new AbortController()
  const onAbort = (): void => ending.abort(signal?.reason)
  if (signal?.aborted === true) onAbort()
  // A listener instead of AbortSignal.any: one long-lived signal serves thousands of frames.
  signal?.addEventListener('abort', onAbort, { once: true })
  waitOut(clock, ms, excuses, settled.signal).then(
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
 * Returns what `run` returns within `ms` milliseconds; the signal that it gets aborts at the deadline and with `signal`. `excuses` move the
 * deadline on.
 * @throws HoardError 'holder-silent' at the deadline; `signal.reason`
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
  excuses?: Excuses,
): Promise<T> {
  signal?.throwIfAborted()
  const deadline = startDeadline(clock, ms, signal, excuses)
  try {
    return await run(deadline.signal)
  } finally {
    deadline.clear()
  }
}

async function waitOut(
  clock: Clock,
  ms: number,
  { heldMs = () => 0, movedAt = () => undefined }: Excuses,
  signal: AbortSignal,
): Promise<void> {
  let seen = heldMs()
  let lastAt = clock.ran() + LONGEST_TIMES * ms
  for (let left = ms; left > 0;) {
    await clock.wait(left, { signal })
    const held = heldMs() - seen
    seen += held
    lastAt += held
    left = Math.max(held, Math.min(lastAt, (movedAt() ?? -Infinity) + ms) - clock.ran())
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
