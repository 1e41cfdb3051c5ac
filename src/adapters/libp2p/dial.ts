import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { codeOf, HoardError } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Connections } from './connections.ts'
import { within } from '../../flow/deadline.ts'

/** Longest time for one route to a peer: a good WebRTC dial takes a fifth of a second, so one that takes this long has failed. */
const ROUTE_MS = 5_000
const TRIES = 3
const ROUTES_PER_TRY = 6
const DIAL_MS = 20_000
const JITTER_MS = 400
const MAX_BACKOFF_MS = 8_000
const FAR_HOPS = 2
/** Most peers whose failed dials are remembered. */
const MAX_FAILURES = 1_024

/** A dialler's knowledge of its surroundings. */
export interface Routes {
  /** Returns peers connected directly that relay for others, best first: relays, then hops, then other neighbours. */
  relaying(): readonly string[]
  /** Returns the address of a relay by its peer id, even while it is not connected. */
  relayAddress(peer: string): Multiaddr | undefined
  /** Asks the DHT where `peer` is; its addresses land in the peer store. Never throws. */
  lookUp(peer: string, signal: AbortSignal): Promise<void>
}

/** Connects peers directly. */
export interface Dialler {
  /**
   * Returns a direct connection to `peer`; callers at the same time share one dial.
   * @throws HoardError 'peer-unreachable'
   */
  connect(peer: PeerId, hops: readonly PeerId[]): Promise<Connection>
  /** Forgets that dials to `peer` failed, because it was seen alive. */
  forgive(peer: string): void
}

/** Returns a dialler for `node`. */
export function createDialler(node: Libp2p, connections: Connections, routes: Routes, clock: Clock, closing: AbortSignal): Dialler {
  const self = node.peerId.toString()
  const dials = new Map<string, Promise<Connection>>()
  const failures = new Map<string, { readonly count: number; readonly until: number }>()

  async function dial(peer: PeerId, hops: readonly PeerId[]): Promise<Connection> {
    try {
      return await within(clock, DIAL_MS, closing, (deadline) => tryRoutes(peer, hops, deadline))
    } catch (error) {
      const arrived = connections.direct(peer)
      if (arrived !== undefined) return arrived
      const count = (failures.get(peer)?.count ?? 0) + 1
      failures.delete(peer)
      failures.set(peer, { count, until: clock.ran() + Math.min(MAX_BACKOFF_MS, 500 * 2 ** count) })
      const [oldest] = failures.keys()
      if (failures.size > MAX_FAILURES && oldest !== undefined) failures.delete(oldest)
      throw codeOf(error) === 'peer-unreachable' ? error : new HoardError('peer-unreachable', { peer }, error)
    }
  }

  async function tryRoutes(peer: PeerId, hops: readonly PeerId[], signal: AbortSignal): Promise<Connection> {
    let cause: unknown
    for (let tried = 0; tried < TRIES; tried++) {
      if (tried > 0) await clock.wait(JITTER_MS * (tried - 1 + Math.random()) + 50, { signal })
      if (tried === 1) await Promise.all([approach(peer, hops, signal), routes.lookUp(peer, signal)])
      for (const route of await routesTo(peer, hops)) {
        const connection = connections.direct(peer)
        if (connection !== undefined) return connection
        try {
          return await within(clock, ROUTE_MS, signal, (deadline) => dialRoute(peer, route, deadline))
        } catch (error) {
          cause = error
          connections.dropLimited(peer)
        }
        signal.throwIfAborted()
      }
    }
    throw new HoardError('peer-unreachable', { peer }, cause)
  }

  async function dialRoute(peer: PeerId, route: Multiaddr, signal: AbortSignal): Promise<Connection> {
    await freeHop(route)
    const connection = await node.dial(route, { signal })
    if (connection.limits != null) throw new Error('the connection that came is a relayed one')
    return connections.direct(peer) ?? connection
  }

  /**
   * Ends limited connections to the hop when there is a direct one: libp2p takes the first, and over a limited one nothing can be relayed.
   */
  async function freeHop(route: Multiaddr): Promise<void> {
    const [hop] = route.getComponents().filter((part) => part.name === 'p2p')
    if (hop?.value !== undefined && connections.direct(hop.value) !== undefined) connections.dropLimited(hop.value)
  }

  async function routesTo(peer: PeerId, hops: readonly PeerId[]): Promise<readonly Multiaddr[]> {
    const near = hops.filter((hop) => connections.direct(hop) !== undefined || routes.relayAddress(hop) !== undefined)
    const texts = new Set([...near, ...routes.relaying()].filter((hop) => hop !== peer).map((hop) => throughHop(hop, peer)))
    const known = await node.peerStore.get(peerIdFromString(peer)).catch(() => undefined)
    for (const { multiaddr: address } of known?.addresses ?? []) {
      if (address.getComponents().some((part) => part.name === 'webrtc')) texts.add(ended(address, peer))
    }
    return [...texts].slice(0, ROUTES_PER_TRY).map((text) => multiaddr(text))
  }

  /** Connects to hops of `peer` that can themselves only be reached through another peer. */
  async function approach(peer: PeerId, hops: readonly PeerId[], signal: AbortSignal): Promise<void> {
    const far = hops.filter((hop) => connections.direct(hop) === undefined && hop !== self && hop !== peer)
    for (const hop of far.slice(0, FAR_HOPS)) {
      for (const through of routes.relaying().slice(0, ROUTES_PER_TRY / 2)) {
        if (connections.direct(hop) !== undefined) break
        await dialRoute(hop, multiaddr(throughHop(through, hop)), signal).catch(() => connections.dropLimited(hop))
        signal.throwIfAborted()
      }
    }
  }

  function throughHop(hop: string, peer: string): string {
    return `${routes.relayAddress(hop)?.toString() ?? `/p2p/${hop}`}/p2p-circuit/webrtc/p2p/${peer}`
  }

  function ended(address: Multiaddr, peer: string): string {
    const text = address.toString()
    return text.endsWith(`/p2p/${peer}`) ? text : `${text}/p2p/${peer}`
  }

  return {
    connect(peer, hops) {
      const running = dials.get(peer)
      if (running !== undefined) return running
      const failure = failures.get(peer)
      if (failure !== undefined && failure.until > clock.ran())
        return Promise.reject(new HoardError('peer-unreachable', { peer, isBackoff: true }))
      const dialling = dial(peer, hops).finally(() => dials.delete(peer))
      dials.set(peer, dialling)
      return dialling
    },
    forgive: (peer) => void failures.delete(peer),
  }
}
