import type { PeerId } from '../../core/ids.ts'

/** A peer at the other end of a direct connection, and how long it took to answer hello. */
export interface NearPeer {
  readonly peer: PeerId
  readonly latencyMs: number | undefined
}

/** Peers to which hardly anything is sent: what delays their pulses as well waits at home. */
export interface QuietPeers {
  /** Notes how far peers are, and whether little was sent since the last call: a way that is measured beside bulk may contain a queue. */
  noteWays(near: readonly NearPeer[], load: 'calm' | 'bulk'): void
  /** Notes a round trip of a pulse, milliseconds. */
  noteRoundTrip(peer: PeerId, ms: number, load: 'calm' | 'bulk'): void
  /** Returns some peers to which no calm way is known, to be pulsed while little is sent; each for a few times at most. */
  toMeasure(): readonly PeerId[]
  /** Notes that `peer` was sent bulk at `at`, milliseconds. */
  noteBulk(peer: PeerId, at: number): void
  /** Returns the shortest calm round trip to `peer`, milliseconds; undefined while there is none. */
  wayTo(peer: PeerId): number | undefined
  /** Returns two of `near` at most, those that were chosen before first; `bulk` are those whose pulses are measured beside theirs. */
  choose(near: readonly NearPeer[], bulk: ReadonlySet<PeerId>, at: number): readonly PeerId[]
}

const AT_MOST = 2
/** So long after bulk was sent to a peer, some of it may wait in its connection or in front of it. */
const DRAIN_MS = 10_000
/**
 * A device at the same home never sees its way out. Peers count as elsewhere when their round trip takes this long, or this share of the
 * shortest one to those that get bulk.
 */
const [ELSEWHERE_MS, ELSEWHERE_SHARE] = [20, 0.5]

/** Peers whose ways are measured at once, and rounds that a way gets for it. */
const [MEASURED_AT_ONCE, MEASURED_FOR] = [4, 8]

interface Way {
  /** The latency that hello gave last; undefined where the peer said hello first. */
  readonly helloMs: number | undefined
  /** Shortest round trip that contains no queue; undefined while all were measured beside bulk. */
  readonly calmMs: number | undefined
  /** Rounds in which it may still be measured. */
  readonly left: number
}

/** Returns quiet peers of whom nothing is known. Source: SPEC.md PAC3. */
export function createQuietPeers(): QuietPeers {
  let ways = new Map<PeerId, Way>()
  const bulkAt = new Map<PeerId, number>()
  let chosen: readonly PeerId[] = []

  function forgetBulk(at: number): void {
    for (const [peer, sentAt] of bulkAt) if (at - sentAt > DRAIN_MS) bulkAt.delete(peer)
  }

  /** Tells whether `near` says what was noted before: it is noted four times a second while anything is said, and hardly ever has changed. */
  function isNoted(near: readonly NearPeer[]): boolean {
    if (near.length !== ways.size) return false
    return near.every(({ peer, latencyMs }) => {
      const way = ways.get(peer)
      return way !== undefined && way.helloMs === latencyMs
    })
  }

  return {
    noteWays(near, load) {
      if (isNoted(near)) return
      const next = new Map<PeerId, Way>()
      for (const { peer, latencyMs: helloMs } of near) {
        const known = ways.get(peer) ?? { helloMs: undefined, calmMs: undefined, left: MEASURED_FOR }
        const isNews = helloMs !== undefined && helloMs !== known.helloMs
        const calmMs = isNews && load === 'calm' ? Math.min(helloMs, known.calmMs ?? Infinity) : known.calmMs
        next.set(peer, { ...known, helloMs, calmMs })
      }
      ways = next
    },
    noteRoundTrip(peer, ms, load) {
      const way = ways.get(peer)
      // Beside bulk a round trip may contain a queue: it only shortens a way that is known.
      if (way !== undefined && ms < (way.calmMs ?? (load === 'calm' ? Infinity : 0))) ways.set(peer, { ...way, calmMs: ms })
    },
    toMeasure() {
      const unknown = [...ways].filter(([, { calmMs, left }]) => calmMs === undefined && left > 0).slice(0, MEASURED_AT_ONCE)
      for (const [peer, way] of unknown) ways.set(peer, { ...way, left: way.left - 1 })
      return unknown.map(([peer]) => peer)
    },
    noteBulk(peer, at) {
      forgetBulk(at)
      bulkAt.set(peer, at)
    },
    wayTo: (peer) => ways.get(peer)?.calmMs,
    choose(near, bulk, at) {
      forgetBulk(at)
      const bulkWays = [...bulk, ...bulkAt.keys()].map((peer) => ways.get(peer)?.calmMs ?? ways.get(peer)?.helloMs ?? Infinity)
      const leastMs = Math.min(ELSEWHERE_MS, ELSEWHERE_SHARE * Math.min(...bulkWays))
      const fit = near
        .flatMap(({ peer }) => {
          const ms = ways.get(peer)?.calmMs
          return ms === undefined || ms < leastMs || bulk.has(peer) || bulkAt.has(peer) ? [] : [{ peer, ms }]
        })
        .toSorted((a, b) => Number(chosen.includes(b.peer)) - Number(chosen.includes(a.peer)) || a.ms - b.ms)
      chosen = fit.slice(0, AT_MOST).map(({ peer }) => peer)
      return chosen
    },
  }
}
