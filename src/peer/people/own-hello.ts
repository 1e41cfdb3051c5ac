import { equalBytes } from '../../core/bytes.ts'
import type { Hello } from '../../protocol/hello.ts'
import type { Clock } from '../../ports/clock.ts'

/** Tells people when this peer's own hello has changed. */
export interface OwnHello {
  /** Looks whether it has changed in a way that matters to others, and tells them. */
  look(): void
}

/** Least time between two tellings, so that a holder that fills and empties does not talk all day. */
const TELL_EVERY_MS = 10_000
/** A clock that runs off further than this since the last hello has been set anew. */
const CLOCK_MS = 10_000

/** Returns the telling of `mine`; `tell` says hello to everybody near. It ends when `signal` aborts. Source: protocol SPEC HEL5. */
export function createOwnHello(clock: Clock, mine: () => Hello, tell: () => void, signal: AbortSignal): OwnHello {
  let told = mine()
  let lead = clock.now() - clock.ran()
  let toldAt = -Infinity
  let isWaiting = false

  const isNews = (): boolean => isAnother(told, mine()) || Math.abs(clock.now() - clock.ran() - lead) > CLOCK_MS
  const say = (): void => {
    isWaiting = false
    if (signal.aborted || !isNews()) return
    told = mine()
    lead = clock.now() - clock.ran()
    toldAt = clock.ran()
    tell()
  }
  return {
    look() {
      if (isWaiting || !isNews()) return
      const waitMs = toldAt + TELL_EVERY_MS - clock.ran()
      if (waitMs <= 0) return say()
      isWaiting = true
      clock.wait(waitMs, { signal }).then(say, () => undefined)
    },
  }
}

/** Tells whether `b` says something about a holder that decides what others offer to it, and `a` does not: room counts by halves. */
export function isAnother(a: Hello, b: Hello): boolean {
  if (a.isHolder !== b.isHolder || a.offer !== b.offer || !equalBytes(a.storeEpoch, b.storeEpoch)) return true
  const [less, more] = a.room < b.room ? [a.room, b.room] : [b.room, a.room]
  return less !== more && 2 * less <= more
}
