import type { PeerId } from '../../core/ids.ts'
import { createChanges } from '../../flow/changes.ts'
import type { Clock } from '../../ports/clock.ts'
import { refusalOf } from '../../protocol/refusal.ts'

/** The people to whom pieces are handed: who takes one now, and who is left alone for a while. */
export interface Takers {
  /** Takes the first of `people` who does not rest; waits while all of those are taken. Resolves with undefined when all rest. Throws `signal.reason`. */
  take(people: () => readonly PeerId[], signal: AbortSignal): Promise<PeerId | undefined>
  /** Gives back somebody who was taken. */
  free(peer: PeerId): void
  /** Leaves somebody alone for a while after `why`: the error that an offer ended with, or what it came to. */
  rest(peer: PeerId, why: unknown): void
  /** Notes that somebody took a piece. */
  noteTaken(peer: PeerId): void
  isResting(peer: PeerId): boolean
  /** Returns in how many milliseconds the first of those who rest is asked again; Infinity when nobody rests. */
  restMs(): number
  /** Asks everybody again. */
  wakeAll(): void
}

const SECOND_MS = 1_000
/** For how long somebody is left alone: room and a day's part of it (REP7) are slow to come, checks are forgiven by the hour (WRK1). */
const REST_MS = {
  FULL: 3_600 * SECOND_MS,
  QUOTA: 3_600 * SECOND_MS,
  RATE: 300 * SECOND_MS,
  BUSY: 10 * SECOND_MS,
  /** It was silent, went, or broke the conversation. */
  gone: 300 * SECOND_MS,
} as const
/** Refusals in a row that concern the piece alone, after which somebody is left alone like one who has gone. */
const REFUSALS_AT_MOST = 16
/** Who does not speak a kind is not asked again for a day. SPEC SYN1. */
const NOT_SPOKEN_MS = 86_400 * SECOND_MS
/** People remembered; those who rest longest are forgotten first. */
const PEOPLE_AT_MOST = 4_096

/** Returns takers of whom nobody rests. */
export function createTakers(clock: Pick<Clock, 'ran'>): Takers {
  const restUntil = new Map<PeerId, number>()
  const taken = new Set<PeerId>()
  /** Of those who do not rest: refusals in a row. */
  const refusals = new Map<PeerId, number>()
  const freed = createChanges()

  const isResting = (peer: PeerId): boolean => (restUntil.get(peer) ?? 0) > clock.ran()

  return {
    async take(people, signal) {
      for (;;) {
        signal.throwIfAborted()
        const awake = people().filter((peer) => !isResting(peer))
        const peer = awake.find((each) => !taken.has(each))
        if (peer !== undefined) {
          taken.add(peer)
          return peer
        }
        if (awake.length === 0) return undefined
        await freed.next(signal)
      }
    },
    free(peer) {
      taken.delete(peer)
      freed.tell()
    },
    rest(peer, why) {
      const count = (refusals.get(peer) ?? 0) + 1
      const ms = why === 'not spoken' ? NOT_SPOKEN_MS : (restOf(why) ?? (count >= REFUSALS_AT_MOST ? REST_MS.gone : 0))
      if (ms === 0) {
        refusals.set(peer, count)
        return
      }
      refusals.delete(peer)
      restUntil.delete(peer)
      restUntil.set(peer, clock.ran() + ms)
      const [oldest] = restUntil.keys()
      if (restUntil.size > PEOPLE_AT_MOST && oldest !== undefined) restUntil.delete(oldest)
    },
    noteTaken: (peer) => void refusals.delete(peer),
    isResting,
    restMs() {
      const left = [...restUntil.values()].map((at) => at - clock.ran()).filter((ms) => ms > 0)
      return Math.min(Infinity, ...left)
    },
    wakeAll: () => restUntil.clear(),
  }
}

/** Returns for how long somebody is left alone; undefined where what it said concerns the piece alone. */
function restOf(why: unknown): number | undefined {
  const refusal = refusalOf(why)
  if (refusal === 'FULL' || refusal === 'QUOTA' || refusal === 'RATE' || refusal === 'BUSY') return REST_MS[refusal]
  return refusal === undefined ? REST_MS.gone : undefined
}
