import { agreedOffset, medianOf, RIGHT_ENOUGH_MS } from '../../core/clock-agreement.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ClockView } from '../api/peer.ts'
import type { PeerId } from '../../core/ids.ts'
import { refusalOf } from '../../protocol/refusal.ts'

/** The time by which charters, tombstones and claims are dated and judged: this device's, corrected where people agree. SPEC CLK. */
export interface PaperClock extends ConfirmedTime {
  /** Counts `error` as a refusal by date when it looks like one: BAD-REQUEST or EXPIRED from a person whose clock is far from this one. */
  noteRefusal(peer: PeerId, error: unknown): void
  /** Takes the date for what it is, once it is so for two looks in a row. Called every minute. SPEC CLK5. */
  look(): void
  /** Returns the error of this device's clock; undefined while nothing points to one. */
  view(): ClockView | undefined
}

/** The time for papers. */
export interface PaperTime {
  /** Unix milliseconds. */
  now(): number
  /** The earlier of this device's clock and the corrected one, Unix milliseconds: a paper is over only when it is by both. */
  passed(): number
}

/** The time for papers, and that by which something may be removed for good. */
export interface ConfirmedTime extends PaperTime {
  /**
   * The earlier of `passed` and of what most people who are here tell, however few, Unix milliseconds; undefined while nobody is here: the date
   * of this device alone ends nothing. SPEC CLK4.
   */
  confirmed(): number | undefined
}

/** A person who is here, and how far its clock is ahead of this one, in milliseconds. */
export interface HeardClock {
  readonly peer: PeerId
  readonly offsetMs: number
  /** How far this device's date was ahead of its running time when it heard that clock, milliseconds. */
  readonly leadMs: number
}

const REFUSALS_AT_MOST = 256
/** A date that runs off further than this against the running time was set, or the device slept: what was heard before says nothing. */
const SET_MS = 60_000

/**
 * Returns the clock for papers; `everHeard` returns the clocks of the people who are here at that moment.
 * @param isAnyOff tells whether any of them may be further off than right ones are; asked at every look at the clock, so it must be cheap
 */
export function createPaperClock(
  clock: Pick<Clock, 'now' | 'ran'>,
  everHeard: () => readonly HeardClock[],
  isAnyOff: () => boolean = () => true,
): PaperClock {
  const refusalsByPeer = new Map<PeerId, number>()
  const lead = (): number => clock.now() - clock.ran()
  let [trusted, looked] = [lead(), lead()]
  /** Returns by how much the date was set forward lately: people are to be heard before anything is over by it. */
  const unheard = (): number => (lead() - trusted > SET_MS ? Math.ceil(lead() - trusted) : 0)
  const heard = (): readonly HeardClock[] => everHeard().filter(({ leadMs }) => Math.abs(lead() - leadMs) <= SET_MS)
  // Where all are right nothing is to be agreed upon: the smallest of them would count.
  const agreed = (): number => (isAnyOff() ? agreedOffset(heard().map(({ offsetMs }) => offsetMs)) : 0)
  const now = (): number => clock.now() + agreed()
  const passed = (): number => Math.min(clock.now() - unheard(), now())
  return {
    now,
    passed,
    look: () => void ([trusted, looked] = [looked, lead()]),
    confirmed() {
      const told = medianOf(heard().map(({ offsetMs }) => offsetMs))
      return told === undefined ? undefined : Math.min(passed(), clock.now() + told)
    },
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
      // Too few people agree to be believed, but most of those here refuse: show it without following them.
      const here = heard()
      const refusing = here.filter((other) => refusalsByPeer.has(other.peer) && Math.abs(other.offsetMs) > RIGHT_ENOUGH_MS)
      const middle = medianOf(refusing.map((other) => other.offsetMs))
      return middle === undefined || 2 * refusing.length <= here.length ? undefined : { aheadMs: -middle, isCorrected: false, refusals }
    },
  }
}
