import type { PeerId } from '../../core/ids.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from '../people/people.ts'
import { createProbes } from '../people/probes.ts'

/** Watches what stands in line before this device's network while it reads. */
export interface QueueWatch {
  /**
   * Returns how long bytes stand there now: the least, over some of `holders`, of how much longer a round trip is than the shortest.
   * Undefined while nobody knows; 'not yet' when it looked a moment ago.
   */
  look(holders: readonly ProbedHolder[]): QueueSeen | undefined | 'not yet'
  /** Returns the shortest round trip to `peer` that was seen, milliseconds. */
  shortestTo(peer: PeerId): number | undefined
  /** Nothing is read any more: pulses end. */
  rest(): void
}

/** What is known of the queue. */
export interface QueueSeen {
  readonly atLeastMs: number
  /** Whether it was no longer: the answer has come. */
  readonly isWhole: boolean
  /** Whether holders said so that were not sending themselves. */
  readonly isQuiet: boolean
}

/** A holder that may be asked for a pulse. */
export interface ProbedHolder {
  readonly peer: PeerId
  /** Whether it is sending: then a pulse waits behind its own bytes, in the queue of its own line. */
  readonly isBusy: boolean
}

const EVERY_MS = 125
const PULSES_AT_ONCE = 3
/** Streams of pulses to different holders. */
const MOST_PULSES = 8
/** While everybody is sending, what all of them have is taken for this device's own queue once in so many looks. */
const BUSY_LOOKS = 16
/** Opening a stream takes less than so many round trips. */
const OPENING_TRIPS = 4

/** Returns a watch that has seen nothing; `signal` ends it. Source: RFC 6817, sections 2.4.2 and 3.4.2. */
export function createQueueWatch(
  parts: Pick<PeerParts, 'network' | 'clock'>,
  people: Pick<People, 'known'>,
  signal: AbortSignal,
): QueueWatch {
  const { clock } = parts
  const probes = createProbes(parts, people, signal)
  const shortest = new Map<PeerId, number>()
  const wasBusy = new Set<PeerId>()
  let lookedAt = clock.ran()
  let busyLooks = 0

  function queueTo(peer: PeerId): { readonly ms: number; readonly isOver: boolean } | undefined {
    const took = probes.roundTripTo(peer)
    if (took === undefined) return undefined
    const before = shortest.get(peer) ?? people.known(peer)?.latencyMs ?? Infinity
    // While an answer is awaited no longer than it takes at best, it says nothing.
    if (took.is !== 'over' && took.ms <= (took.is === 'opening' ? OPENING_TRIPS : 1) * before) return undefined
    if (took.is === 'over') shortest.set(peer, Math.min(before, took.ms))
    return { ms: Math.max(0, took.ms - Math.min(before, took.ms)), isOver: took.is === 'over' }
  }

  return {
    look(holders) {
      if (clock.ran() - lookedAt < EVERY_MS) return 'not yet'
      lookedAt = clock.ran()
      const rank = ({ peer, isBusy }: ProbedHolder): number => (isBusy ? 2 : 0) + (probes.has(peer) ? 0 : 1)
      // Holders are asked for bytes in their order: the last ones rest longest. A pulse that is open stays so: opening costs round trips.
      const ranked = holders.toReversed().toSorted((a, b) => rank(a) - rank(b))
      const open = ranked.filter(({ peer }) => probes.has(peer))
      const asked = ranked.slice(0, PULSES_AT_ONCE).filter(({ peer }) => probes.has(peer) || open.length < MOST_PULSES)
      const queues = asked.flatMap(({ peer, isBusy }) => {
        const isQuiet = !isBusy && !wasBusy.has(peer)
        if (isBusy) wasBusy.add(peer)
        else wasBusy.delete(peer)
        const queue = queueTo(peer)
        return queue === undefined ? [] : [{ ...queue, isQuiet }]
      })
      const quiet = queues.filter(({ isQuiet }) => isQuiet)
      busyLooks = quiet.length > 0 ? 0 : busyLooks + 1
      const told = quiet.length > 0 ? quiet : busyLooks % BUSY_LOOKS === 0 ? queues : []
      if (told.length === 0) return undefined
      const least = told.reduce((a, b) => (b.ms < a.ms ? b : a))
      // How long an answer is awaited so far says that the queue is no shorter, and never that it is short.
      return { atLeastMs: least.ms, isWhole: least.isOver, isQuiet: least.isQuiet }
    },
    shortestTo: (peer) => shortest.get(peer),
    rest() {
      probes.keepOnly(new Set())
    },
  }
}
