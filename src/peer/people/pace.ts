import { objectFormat, uint } from '../../core/encoding.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { createBackOff } from '../../protocol/pace/back-off.ts'
import type { PacedNetwork } from '../../protocol/pace/paced-network.ts'
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
/** A device that sends less in a round does not fill its line. */
const QUIET_BYTES = 32_768
const PULSES_AT_ONCE = 8

/** Opens the last limits and keeps to them until `signal` aborts. */
export async function openPace(
  { catalog, clock }: Pick<PeerParts, 'catalog' | 'clock'>,
  paced: PacedNetwork,
  people: Pick<People, 'of' | 'known'>,
  signal: AbortSignal,
): Promise<Pace> {
  const backOff = createBackOff()
  const probes = createProbes({ network: paced.network, clock }, people, signal)
  let limits = await readLimits(catalog)
  let calmRate: number | undefined

  function apply(): void {
    const most = Math.min(limits.up || Infinity, calmRate ?? Infinity)
    paced.up.setRate(Number.isFinite(most) ? most : undefined)
    paced.down.setRate(limits.down || undefined)
  }

  /** Measures what has happened in the last `sinceMs` milliseconds, and returns the number of bytes that were sent. */
  function round(sinceMs: number): number {
    const sent = paced.sentSince()
    const bytes = [...sent.values()].reduce((sum, each) => sum + each, 0)
    const most = [...sent].toSorted((a, b) => b[1] - a[1]).slice(0, PULSES_AT_ONCE)
    // A probe without an answer stays: silence does not say that a line is free.
    const peers = new Set([...(bytes < QUIET_BYTES && calmRate === undefined ? [] : most.map(([peer]) => peer)), ...probes.awaited()])
    probes.keepOnly(peers)
    const roundTrips = new Map<PeerId, number>()
    for (const peer of peers) {
      const { latencyMs } = people.of(peer)
      if (!probes.has(peer) && latencyMs !== undefined) backOff.noteIdle(peer, latencyMs, clock.ran())
      const roundTrip = probes.roundTripTo(peer)
      if (roundTrip !== undefined && roundTrip.is !== 'opening') roundTrips.set(peer, roundTrip.ms)
    }
    // If this round came late, the device itself was busy: its round trips say nothing about the line.
    if (sinceMs > LATE_MS) roundTrips.clear()
    calmRate = backOff.after({ at: clock.ran(), ms: sinceMs, roundTrips, sentRate: (bytes * 1000) / sinceMs })
    apply()
    return bytes
  }

  /** Makes rounds while bytes are sent or a pulse is awaited. */
  async function keepPace(): Promise<void> {
    while (!signal.aborted) {
      await paced.nextSent(signal)
      for (let since = clock.ran(), silent = 0; silent < SILENT_ROUNDS || probes.awaited().length > 0;) {
        await clock.wait(ROUND_MS, { signal })
        const sinceMs = Math.max(1, clock.ran() - since)
        since = clock.ran()
        silent = round(sinceMs) > 0 ? 0 : silent + 1
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
