/** Abort reason of a wait that nobody needs any more: without one, each would cost an exception with its stack. */
const SETTLED = 'settled'

/**
 * Returns or throws the outcome of the first of `works` to settle. The signal that all of them get aborts then, so that the others end, and
 * also with `signal`.
 */
export async function firstOf<Result>(
  signal: AbortSignal | undefined,
  ...works: readonly ((signal: AbortSignal) => Promise<Result>)[]
): Promise<Result> {
  signal?.throwIfAborted()
  const over = new AbortController()
  // A listener instead of AbortSignal.any: one long-lived signal serves thousands of waits.
  const onAbort = (): void => over.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const running = works.map(async (work) => work(over.signal))
  for (const work of running) work.catch(() => undefined)
  try {
    return await Promise.race(running)
  } finally {
    signal?.removeEventListener('abort', onAbort)
    over.abort(SETTLED)
  }
}
