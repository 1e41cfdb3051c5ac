import type { PeerId } from '../../core/ids.ts'

/** What was seen while bytes were sent for a while. */
export interface Round {
  /** Its end, Unix milliseconds, and how long it took. */
  readonly at: number
  readonly ms: number
  /** Round trips of pulses, milliseconds. */
  readonly roundTrips: ReadonlyMap<PeerId, number>
  /** Bytes per second that went out. */
  readonly sentRate: number
}

/** Finds the rate at which the way out of this device's network does not fill up. */
export interface BackOff {
  /** Notes a round trip of a peer to which little is sent. */
  noteIdle(peer: PeerId, roundTripMs: number, at: number): void
  /** Returns the rate from now on, bytes per second; undefined while there is no reason for one. */
  after(round: Round): number | undefined
}

/** Queueing that is put up with, so that a call or a game beside it goes on. Source: RFC 6817, section 2.4.2, TARGET. */
const TARGET_MS = 100
/** A queue stands; a busy thread or disk delays now and then. Source: RFC 6817, section 2.4.2, CURRENT_FILTER. */
const ROUNDS = 4
/** Share of the rate by which it changes in a round, where the delay is a whole target off, and for each target by which it moved. */
const [GAIN, DAMPING, FREE_GAIN] = [0.01, 0.1, 0.07]
/** Beyond what the line was seen to carry: delay is told a second late, and until then no more than two targets may queue. */
const BEYOND_GAIN = 0.04
const [LARGEST_FALL, LARGEST_RISE] = [0.3, 0.07]
const LEAST_RATE = 65_536
/** A queue drains fast enough at half the rate of the line. */
const LEAST_SHARE = 0.5
/** Where a queue falls as fast as time goes by, nothing can be said of the line. */
const SLOWEST_GROWTH = 0.05
/** Where the sender itself stays so far below its rate and nothing queues, for so many rounds, the rate is of no use. */
const [IDLE_SHARE, IDLE_ROUNDS] = [0.7, 40]
/** The shortest round trips are those of this time and the one before: routes change. Source: RFC 6817, BASE_HISTORY. */
const BASE_MS = 300_000
const PEERS_AT_MOST = 512

/** Shortest round trips of a peer, by age. */
interface Base {
  readonly since: number
  readonly nowMs: number
  readonly beforeMs: number
}

/**
 * Returns a back-off that has seen nothing. Delay says what queues at home: the least, over all peers, of how much longer a pulse took than
 * it ever does. What only some holders have is theirs.
 * Source: SPEC.md PAC3; after RFC 6817 (LEDBAT), with a rate in place of a window, since what is served has no acknowledgements.
 */
export function createBackOff(): BackOff {
  const baseByPeer = new Map<PeerId, Base>()
  let rate: number | undefined
  /** Queueing of the last rounds, milliseconds. */
  const latest: number[] = []
  let queueBefore = 0
  let usualRate = 0
  /** How fast the line is, as far as it was seen full; else 0. */
  let lineRate = 0
  let idleRounds = 0

  /** Returns by how much `roundTripMs` is longer than the shortest. */
  function queueing(peer: PeerId, roundTripMs: number, at: number): number {
    const base = baseByPeer.get(peer) ?? { since: at, nowMs: Infinity, beforeMs: Infinity }
    const isOld = at - base.since > BASE_MS
    const next = isOld ? { since: at, nowMs: roundTripMs, beforeMs: base.nowMs } : { ...base, nowMs: Math.min(base.nowMs, roundTripMs) }
    baseByPeer.delete(peer)
    baseByPeer.set(peer, next)
    const [oldest] = baseByPeer.keys()
    if (baseByPeer.size > PEERS_AT_MOST && oldest !== undefined) baseByPeer.delete(oldest)
    return roundTripMs - Math.min(next.nowMs, next.beforeMs)
  }

  /** What goes out while a queue stands and what that does to the queue say how fast it is served. */
  function learnLine(sentRate: number, growth: number): void {
    if (1 + growth < SLOWEST_GROWTH) return
    const seen = sentRate / (1 + growth)
    lineRate = lineRate === 0 ? seen : (3 * lineRate + seen) / 4
  }

  return {
    noteIdle: (peer, roundTripMs, at) => void queueing(peer, roundTripMs, at),
    after({ at, ms, roundTrips, sentRate }) {
      // Buffers on the way fill at once: what goes out in one round is no measure of the line.
      usualRate = (usualRate + sentRate) / 2
      if (roundTrips.size === 0) return rate
      latest.push(Math.min(...[...roundTrips].map(([peer, roundTripMs]) => queueing(peer, roundTripMs, at))))
      if (latest.length > ROUNDS) latest.shift()
      const queue = latest.length < ROUNDS ? 0 : Math.min(...latest)
      const moved = queue - queueBefore
      if (Math.min(queue, queueBefore) > TARGET_MS) learnLine(sentRate, moved / ms)
      queueBefore = queue
      if (rate === undefined && queue <= TARGET_MS) return undefined
      const isBelowLine = lineRate === 0 || (rate ?? usualRate) < lineRate
      const free = isBelowLine ? FREE_GAIN : BEYOND_GAIN
      const gain = queue < TARGET_MS / 4 ? free : GAIN
      const change = (gain * (TARGET_MS - queue) - DAMPING * moved) / TARGET_MS
      const factor = 1 + Math.min(LARGEST_RISE, Math.max(-LARGEST_FALL, change))
      rate = Math.max(LEAST_RATE, LEAST_SHARE * lineRate, (rate ?? usualRate) * factor)
      idleRounds = queue < TARGET_MS && sentRate < IDLE_SHARE * rate ? idleRounds + 1 : 0
      if (idleRounds < IDLE_ROUNDS) return rate
      idleRounds = 0
      rate = undefined
      lineRate = 0
      return undefined
    },
  }
}
