import { objectFormat, uint } from '../../core/encoding.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { createBackOff } from '../../protocol/pace/back-off.ts'
import type { PacedNetwork } from '../../protocol/pace/paced-network.ts'
import { createQuietPeers } from '../../protocol/pace/quiet-peers.ts'
import type { RateLimits } from '../api/peer.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from './people.ts'
import { createProbes } from './probes.ts'

/** The rates at which this device sends and receives: within its owner's limits, and sending slowly enough to leave its network usable. */
export interface Pace {
  limits(): RateLimits
  /** Keeps to `limits` from now on, also after a restart. */
  setLimits(limits: RateLimits): Promise<void>
}

const RATES = 'rates'
const format = objectFormat('rates', 64, { up: uint(), down: uint() })
/** Least rate in bytes per second: other people would take a slower holder for silent. */
const LEAST_RATE = 50_000
const ROUND_MS = 250
/** A round that took longer measures this device rather than its line. */
const LATE_MS = 300
/** Rounds without a byte after which none follows until the next byte: by then what was measured before counts no more. */
const SILENT_ROUNDS = 8
/** A device that sends less in a round does not fill its line; the pulses of a round, and what else is said beside bulk, take less than the second. */
const [BULK_BYTES, LITTLE_BYTES] = [32_768, 4_096]
/** Rounds with less after which nothing is measured any more, without a rate and with one, which needs 40 rounds to end. */
const [CALM_ROUNDS, RATED_ROUNDS] = [8, 48]
const PULSES_AT_ONCE = 8
/** So long nothing is concluded while quiet peers are asked and none has answered: their streams open later than bulk fills a buffer. */
const FIRST_ANSWER_MS = 1_000

/** Opens the last limits and keeps to them until `signal` aborts. */
export async function openPace(
  { catalog, clock }: Pick<PeerParts, 'catalog' | 'clock'>,
  paced: PacedNetwork,
  people: Pick<People, 'known' | 'near'>,
  signal: AbortSignal,
): Promise<Pace> {
  const backOff = createBackOff()
  const probes = createProbes({ network: paced.network, clock }, people, signal)
  let limits = await readLimits(catalog)
  let calmRate: number | undefined
  const quietPeers = createQuietPeers()
  let roundsSinceBulk = CALM_ROUNDS
  /** Quiet peers that are pulsed, and since when none of them has answered; before all times once one has. */
  let quiet: readonly PeerId[] = []
  let quietSince: number | undefined
  /** Peers that are pulsed while little is sent, since it is not known how far they are. */
  let unknown: readonly PeerId[] = []

  function apply(): void {
    const most = Math.min(limits.up || Infinity, calmRate ?? Infinity)
    paced.up.setRate(Number.isFinite(most) ? most : undefined)
    paced.down.setRate(limits.down || undefined)
  }

  /** Tells whether enough is sent to fill a line, `bytes` in this round, or was a moment ago: senders pause. */
  function hasBulk(bytes: number): boolean {
    roundsSinceBulk = bytes < (calmRate === undefined ? BULK_BYTES : LITTLE_BYTES) ? roundsSinceBulk + 1 : 0
    return roundsSinceBulk < (calmRate === undefined ? CALM_ROUNDS : RATED_ROUNDS)
  }

  /** Sends the next pulses to `peers`, and returns the round trips that ended and how long others have been under way. */
  function pulse(peers: ReadonlySet<PeerId>) {
    probes.keepOnly(peers)
    const [roundTrips, awaited] = [new Map<PeerId, number>(), new Map<PeerId, number>()]
    for (const peer of peers) {
      const idleMs = quietPeers.wayTo(peer) ?? people.known(peer)?.latencyMs
      if (!probes.has(peer) && idleMs !== undefined) backOff.noteIdle(peer, idleMs, clock.ran())
      const roundTrip = probes.roundTripTo(peer)
      if (roundTrip?.is === 'over') {
        roundTrips.set(peer, roundTrip.ms)
        quietPeers.noteRoundTrip(peer, roundTrip.ms, unknown.includes(peer) ? 'calm' : 'bulk')
      } else if (roundTrip?.is === 'awaited') awaited.set(peer, roundTrip.ms)
    }
    return { roundTrips, awaited }
  }

  /** Measures what has happened in the last `sinceMs` milliseconds, and returns the number of bytes that were sent. */
  function round(sinceMs: number): number {
    const sent = paced.sentSince()
    const bytes = [...sent.values()].reduce((sum, each) => sum + each, 0)
    const isMeasuring = hasBulk(bytes)
    const near = people.near()
    quietPeers.noteWays(near, isMeasuring ? 'bulk' : 'calm')
    const busy = [...sent].flatMap(([peer, more]) => (more >= LITTLE_BYTES ? [{ peer, more }] : []))
    for (const { peer } of busy) quietPeers.noteBulk(peer, clock.ran())
    const most = busy.toSorted((a, b) => b.more - a.more).slice(0, PULSES_AT_ONCE)
    // A probe without an answer stays: silence does not say that a line is free.
    const awaitedBulk = probes.awaited().filter((peer) => !quiet.includes(peer) && !unknown.includes(peer))
    const bulk = new Set([...(isMeasuring ? most.map(({ peer }) => peer) : []), ...awaitedBulk])
    quiet = isMeasuring || bulk.size > 0 ? quietPeers.choose(near, bulk, clock.ran()) : []
    unknown = isMeasuring || bulk.size > 0 ? [] : quietPeers.toMeasure()
    const { roundTrips, awaited } = pulse(new Set([...bulk, ...quiet, ...unknown]))
    // They are no measurements of the line: nothing is known to compare them with.
    for (const peer of unknown) for (const times of [roundTrips, awaited]) times.delete(peer)
    if (quiet.length === 0) quietSince = undefined
    else quietSince ??= clock.ran()
    const isUnheard = quietSince !== undefined && clock.ran() - quietSince < FIRST_ANSWER_MS && !quiet.some((peer) => roundTrips.has(peer))
    // An answer ends the wait for the first one.
    if (quietSince !== undefined && !isUnheard) quietSince = -Infinity
    // If this round came late, the device itself was busy: its round trips say nothing about the line.
    if (sinceMs > LATE_MS || isUnheard) {
      roundTrips.clear()
      awaited.clear()
    }
    calmRate = backOff.after({ at: clock.ran(), ms: sinceMs, roundTrips, awaited, quiet, sentRate: (bytes * 1000) / sinceMs })
    apply()
    return bytes
  }

  /** Tells whether another round would measure nothing: little was sent for long, no rate is kept, and every way is known. */
  const isAtRest = (): boolean =>
    calmRate === undefined && roundsSinceBulk >= CALM_ROUNDS && unknown.length === 0 && probes.awaited().length === 0

  /** Makes rounds while bytes are sent, of which one is enough for a short message, or a pulse is awaited. */
  async function keepPace(): Promise<void> {
    while (!signal.aborted) {
      await paced.nextSent(signal)
      if (calmRate === undefined) quietPeers.noteWays(people.near(), 'calm')
      for (let since = clock.ran(), silent = 0; silent < SILENT_ROUNDS || probes.awaited().length > 0;) {
        await clock.wait(ROUND_MS, { signal })
        const sinceMs = Math.max(1, clock.ran() - since)
        since = clock.ran()
        silent = round(sinceMs) > 0 ? 0 : silent + 1
        if (isAtRest()) break
      }
    }
  }

  apply()
  keepPace().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return {
    limits: () => limits,
    async setLimits({ up, down }) {
      const next = { up: sane(up), down: sane(down) }
      await catalog.commit([{ table: 'self', key: RATES, value: format.encode(next) }])
      limits = next
      apply()
    },
  }
}

/** Returns the nearest allowed rate; 0, no limit, for a number that is no rate. */
function sane(rate: number): number {
  return rate > 0 && rate < Number.MAX_SAFE_INTEGER ? Math.max(LEAST_RATE, Math.round(rate)) : 0
}

async function readLimits(catalog: Catalog): Promise<RateLimits> {
  const value = await catalog.get('self', RATES)
  try {
    if (value !== undefined) return format.decode(value)
  } catch {
    // The disk spoilt the limits: use the default, no limit.
  }
  return { up: 0, down: 0 }
}
