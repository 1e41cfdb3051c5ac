import type { PeerId } from '../../core/ids.ts'

/** Measurements of a time in which bytes were sent. */
export interface Round {
  /** The end of the round, Unix milliseconds, and its length. */
  readonly at: number
  readonly ms: number
  /** Round trips of pulses that ended, milliseconds. */
  readonly roundTrips: ReadonlyMap<PeerId, number>
  /** How long pulses that are on their way have been so, milliseconds. */
  readonly awaited: ReadonlyMap<PeerId, number>
  /** Those of the peers to which hardly anything is sent. */
  readonly quiet: readonly PeerId[]
  /** Bytes per second that went out. */
  readonly sentRate: number
}

/** Finds the rate at which the way out of this device's network does not fill up. */
export interface BackOff {
  /** Notes a round trip of a peer to which little is sent, and which is not pulsed. */
  noteIdle(peer: PeerId, roundTripMs: number, at: number): void
  /** Returns the rate from now on, bytes per second; undefined while no rate is needed. */
  after(round: Round): number | undefined
}

/** Longest queueing that is tolerated, so that a call or a game on the same line goes on. Source: RFC 6817, section 2.4.2, TARGET. */
const TARGET_MS = 100
/**
 * Rounds whose least delay counts as the queue: a queue stands, while a busy thread or disk delays only now and then. Source: RFC 6817,
 * section 2.4.2, CURRENT_FILTER.
 */
const ROUNDS = 4
/**
 * Shares of the rate by which it changes in a round: for each target by which the delay is off, for each by which it moved, and in place of
 * the first while hardly anything queues.
 */
const [GAIN, DAMPING, FREE_GAIN] = [0.01, 0.2, 0.05]
/** In place of FREE_GAIN above the known rate of the line: delay shows a second late, and until then no more than two targets may queue. */
const BEYOND_GAIN = 0.025
const [LARGEST_FALL, LARGEST_RISE] = [0.3, 0.05]
const LEAST_RATE = 65_536
/** Smallest share of the line's rate: a queue drains fast enough at half of it. */
const LEAST_SHARE = 0.5
/** A queue that falls as fast as time passes says nothing about the rate of the line. */
const SLOWEST_GROWTH = 0.05
/** A rate is of no use once the sender has stayed so far below it, with nothing queueing, for that many rounds. */
const [IDLE_SHARE, IDLE_ROUNDS] = [0.7, 40]
/** The shortest round trips are those of this period and the one before: routes change. Source: RFC 6817, BASE_HISTORY. */
const BASE_MS = 300_000
/** A way that was never measured without bulk counts as this long at most: what was measured may contain a queue. */
const UNKNOWN_MS = 250
const PEERS_AT_MOST = 512

/** Shortest round trips of a peer, by age, and the queueing of its last pulse; undefined before that. */
interface Base {
  readonly since: number
  readonly nowMs: number
  readonly beforeMs: number
  readonly queueMs: number | undefined
}

/**
 * Returns a back-off without measurements. The queue at home is the least delay over all peers: how much longer a pulse took than the
 * shortest one. A delay that only some peers have arises in their connections or at their side. While all that are pulsed get bulk, it may
 * arise in all of these: a rate found so ends once a peer that gets none shows no queue.
 * Source: SPEC.md PAC3; after RFC 6817 (LEDBAT), with a rate in place of a window, since served bytes are not acknowledged.
 */
export function createBackOff(): BackOff {
  const baseByPeer = new Map<PeerId, Base>()
  let rate: number | undefined
  /** Queueing of the last rounds, milliseconds. */
  const latest: number[] = []
  let queueBefore = 0
  let usualRate = 0
  /** Rate of the line, measured while a queue stood; 0 while it is unknown. */
  let lineRate = 0
  let idleRounds = 0
  /** Rounds in a row in which a quiet peer was among those measured; and whether one was since the rate began. */
  let quietRounds = 0
  let isSure = false

  /** Returns the milliseconds by which `roundTripMs` is longer than the shortest round trip of the peer, `mostMs` before anything is known. */
  function queueing(peer: PeerId, roundTripMs: number, at: number, mostMs = UNKNOWN_MS): number {
    const base = baseByPeer.get(peer) ?? { since: at, nowMs: mostMs, beforeMs: Infinity }
    const isOld = at - base.since > BASE_MS
    const next = isOld ? { since: at, nowMs: roundTripMs, beforeMs: base.nowMs } : { ...base, nowMs: Math.min(base.nowMs, roundTripMs) }
    const queueMs = roundTripMs - Math.min(next.nowMs, next.beforeMs)
    baseByPeer.delete(peer)
    baseByPeer.set(peer, { ...next, queueMs })
    const [oldest] = baseByPeer.keys()
    if (baseByPeer.size > PEERS_AT_MOST && oldest !== undefined) baseByPeer.delete(oldest)
    return queueMs
  }

  /** Returns what a pulse that has no answer yet says: its peer's queueing is the last one, or longer by now. */
  function queueingSoFar(peer: PeerId, awaitedMs: number): number | undefined {
    const base = baseByPeer.get(peer)
    if (base === undefined) return undefined
    const soFar = awaitedMs - Math.min(base.nowMs, base.beforeMs)
    // A pulse that is on its way for less than the shortest round trip says nothing yet, and is no round trip.
    return soFar > 0 ? Math.max(soFar, base.queueMs ?? 0) : base.queueMs
  }

  /** Learns the rate of the line from the bytes sent while a queue stands and from the growth of that queue. */
  function learnLine(sentRate: number, growth: number): void {
    if (1 + growth < SLOWEST_GROWTH) return
    const seen = sentRate / (1 + growth)
    lineRate = lineRate === 0 ? seen : (3 * lineRate + seen) / 4
  }

  /** Ends the rate, and forgets the line for which it was found. */
  function end(): undefined {
    idleRounds = 0
    rate = undefined
    lineRate = 0
  }

  return {
    noteIdle(peer, roundTripMs, at) {
      queueing(peer, roundTripMs, at, roundTripMs)
      const base = baseByPeer.get(peer)
      if (base !== undefined) baseByPeer.set(peer, { ...base, queueMs: undefined })
    },
    after({ at, ms, roundTrips, awaited, quiet, sentRate }) {
      // Average the rounds: buffers on the way fill at once, so the bytes of one round do not measure the line.
      usualRate = (usualRate + sentRate) / 2
      const queueings = new Map([...roundTrips].map(([peer, roundTripMs]) => [peer, queueing(peer, roundTripMs, at)]))
      for (const [peer, awaitedMs] of awaited) {
        const soFar = queueingSoFar(peer, awaitedMs)
        if (soFar !== undefined) queueings.set(peer, soFar)
      }
      if (queueings.size === 0) return rate
      quietRounds = quiet.some((peer) => queueings.has(peer)) ? quietRounds + 1 : 0
      latest.push(Math.min(...queueings.values()))
      if (latest.length > ROUNDS) latest.shift()
      const queue = latest.length < ROUNDS ? 0 : Math.min(...latest)
      const moved = queue - queueBefore
      if (Math.min(queue, queueBefore) > TARGET_MS) learnLine(sentRate, moved / ms)
      queueBefore = queue
      if (rate === undefined && queue <= TARGET_MS) return undefined
      if (rate === undefined) isSure = false
      if (quietRounds >= ROUNDS) {
        if (!isSure && queue < TARGET_MS / 4) return end()
        isSure = true
      }
      const isBelowLine = lineRate === 0 || (rate ?? usualRate) < lineRate
      const free = isBelowLine ? FREE_GAIN : BEYOND_GAIN
      const gain = queue < TARGET_MS / 4 ? free : GAIN
      const change = (gain * (TARGET_MS - queue) - DAMPING * moved) / TARGET_MS
      const factor = 1 + Math.min(LARGEST_RISE, Math.max(-LARGEST_FALL, change))
      rate = Math.max(LEAST_RATE, LEAST_SHARE * lineRate, (rate ?? usualRate) * factor)
      idleRounds = queue < TARGET_MS && sentRate < IDLE_SHARE * rate ? idleRounds + 1 : 0
      return idleRounds < IDLE_ROUNDS ? rate : end()
    },
  }
}
