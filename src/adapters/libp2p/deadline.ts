import type { Clock } from '../../ports/clock.ts'

/** A signal that aborts after a while of the injected clock, or together with `parent`. Call `clear` when the work is done. */
export interface Deadline {
  readonly signal: AbortSignal
  clear(): void
}

/** Why a wait ends that nobody needs any more: without a reason each would have an exception made, stack and all. */
const CLEARED = 'cleared'

/** Returns a deadline `ms` milliseconds from now; unlike a page's timer it also passes in a hidden tab. */
export function startDeadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const ended = new AbortController()
  const cleared = new AbortController()
  const onParent = () => ended.abort(parent?.reason)
  if (parent?.aborted) onParent()
  parent?.addEventListener('abort', onParent, { once: true })
  clock.wait(ms, { signal: cleared.signal }).then(
    () => ended.abort(new DOMException('too late', 'TimeoutError')),
    () => {},
  )
  return {
    signal: ended.signal,
    clear() {
      parent?.removeEventListener('abort', onParent)
      cleared.abort(CLEARED)
    },
  }
}
