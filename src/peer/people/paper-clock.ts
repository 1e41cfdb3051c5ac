import { agreedOffset, medianOf, RIGHT_ENOUGH_MS } from '../../core/clock-agreement.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ClockView } from '../api/peer.ts'
import type { PeerId } from '../../core/ids.ts'
import { refusalOf } from '../../protocol/refusal.ts'

/** The time by which charters, tombstones and claims are dated and judged: this device's, corrected where people agree. SPEC CLK. */
export interface PaperClock extends PaperTime {
  /** Counts `error` as a refusal by date when that is what it looks like: of a paper that is fine but for its dates, by a person with another clock. */
  noteRefusal(peer: PeerId, error: unknown): void
  /** Returns how wrong this device's clock is, undefined while nothing says so. */
  view(): ClockView | undefined
}

/** What time it is for papers. */
export interface PaperTime {
  /** Unix milliseconds. */
  now(): number
  /** Unix milliseconds that have passed by this device's clock and by the corrected one: over is only what both call so. */
  passed(): number
}

/** A person who is here and how far its clock is ahead of this one, in milliseconds. */
export interface HeardClock {
  readonly peer: PeerId
  readonly offsetMs: number
}

const REFUSALS_AT_MOST = 256

/** Returns the clock for papers, by what the people say who are here at each moment. */
export function createPaperClock(clock: Pick<Clock, 'now'>, heard: () => readonly HeardClock[]): PaperClock {
  const refusalsByPeer = new Map<PeerId, number>()
  const agreed = (): number => agreedOffset(heard().map(({ offsetMs }) => offsetMs))
  const now = (): number => clock.now() + agreed()
  return {
    now,
    passed: () => Math.min(clock.now(), now()),
    noteRefusal(peer, error) {
      const refusal = refusalOf(error)
      if (refusal !== 'BAD-REQUEST' && refusal !== 'EXPIRED') return
      const offsetMs = heard().find((other) => other.peer === peer)?.offsetMs ?? 0
      const isKnown = refusalsByPeer.has(peer) || refusalsByPeer.size < REFUSALS_AT_MOST
      if (isKnown && Math.abs(offsetMs) > RIGHT_ENOUGH_MS) refusalsByPeer.set(peer, (refusalsByPeer.get(peer) ?? 0) + 1)
    },
    view() {
      const refusals = [...refusalsByPeer.values()].reduce((sum, count) => sum + count, 0)
      const offsetMs = agreed()
      if (offsetMs !== 0) return { aheadMs: -offsetMs, isCorrected: true, refusals }
      // Too few to be believed, but most of those here refuse.
      const here = heard()
      const refusing = here.filter((other) => refusalsByPeer.has(other.peer) && Math.abs(other.offsetMs) > RIGHT_ENOUGH_MS)
      const middle = medianOf(refusing.map((other) => other.offsetMs))
      return middle === undefined || 2 * refusing.length <= here.length ? undefined : { aheadMs: -middle, isCorrected: false, refusals }
    },
  }
}
