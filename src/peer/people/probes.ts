import { openPulse, type Pulse } from '../../protocol/hello.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from './people.ts'

/** Pulses to some peers, one at a time to each, which say how long a round trip takes while other bytes flow. SPEC HEL3. */
export interface Probes {
  /** Peers whose pulse is on its way. */
  awaited(): readonly PeerId[]
  /** Tells whether a pulse to `peer` is open. */
  has(peer: PeerId): boolean
  /** Ends the pulses to everybody else. */
  keepOnly(peers: ReadonlySet<PeerId>): void
  /** Returns how long the last pulse to `peer` took, or is awaited by now, and sends the next one; undefined for the first. */
  roundTripTo(peer: PeerId): RoundTrip | undefined
}

/** Milliseconds of a pulse. While its stream opens, which takes some round trips more, they are of both. */
export interface RoundTrip {
  readonly ms: number
  readonly is: 'over' | 'awaited' | 'opening'
}

interface Probe {
  readonly pulse: Promise<Pulse>
  /** When the beat that is awaited, or the opening before it, began. */
  since: number | undefined
  isOpen: boolean
  tookMs: number | undefined
}

/** Returns probes of nobody; `signal` ends them all. */
export function createProbes(
  { network, clock }: Pick<PeerParts, 'network' | 'clock'>,
  people: Pick<People, 'known'>,
  signal: AbortSignal,
): Probes {
  const probes = new Map<PeerId, Probe>()

  async function beat(probe: Probe): Promise<void> {
    probe.since = clock.ran()
    const pulse = await probe.pulse
    probe.isOpen = true
    probe.since = clock.ran()
    probe.tookMs = await pulse.beat()
    probe.since = undefined
  }

  function drop(peer: PeerId): void {
    probes.get(peer)?.pulse.then(
      (pulse) => pulse.close(),
      () => undefined,
    )
    probes.delete(peer)
  }

  signal.addEventListener('abort', () => [...probes.keys()].forEach(drop), { once: true })
  return {
    awaited: () => [...probes].flatMap(([peer, { since }]) => (since === undefined ? [] : [peer])),
    has: (peer) => probes.has(peer),
    keepOnly(peers) {
      for (const peer of probes.keys()) if (!peers.has(peer)) drop(peer)
    },
    roundTripTo(peer) {
      const probe = probes.get(peer) ?? {
        tookMs: undefined,
        since: undefined,
        isOpen: false,
        pulse: openPulse(network, clock, peer, { signal, hops: people.known(peer)?.hops ?? [] }),
      }
      probes.set(peer, probe)
      if (probe.since !== undefined) return { ms: clock.ran() - probe.since, is: probe.isOpen ? 'awaited' : 'opening' }
      const { tookMs } = probe
      probe.tookMs = undefined
      beat(probe).catch(() => drop(peer))
      return tookMs === undefined ? undefined : { ms: tookMs, is: 'over' }
    },
  }
}
