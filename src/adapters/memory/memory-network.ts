import { hex } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import type { Directory } from '../../ports/directory.ts'
import type { ChannelHandler, Connection, Network, NetworkControl, NetworkState } from '../../ports/network.ts'
import { createChannelPair, type BackPressure, type ChannelPair } from './memory-channel.ts'
import type { Lines } from './lines.ts'
import type { PeerId } from '../../core/ids.ts'

/** One peer's end of the network. */
export interface MemoryPeer {
  readonly network: Network
  readonly control: NetworkControl
  readonly directory: Directory
}

/** A network inside one process, with controls for tests and simulations. */
export interface MemoryNetwork {
  /** Adds `peer`, reachable by everyone; a killed peer comes back with nothing but its name. */
  join(peer: PeerId, options?: { readonly address?: string; readonly isRelay?: boolean }): MemoryPeer
  /** Connects two peers; with `isDirect: false` only relayed streams get through between them from now on. */
  connect(a: PeerId, b: PeerId, options?: { readonly isDirect?: boolean }): void
  /** Drops the connection of two peers and resets its streams; the next `open` connects again. */
  disconnect(a: PeerId, b: PeerId): void
  /** Drops the connection of two peers and prevents another one until `connect`. */
  separate(a: PeerId, b: PeerId): void
  /** Ends `peer` without a goodbye: its streams are reset and it is unreachable until it joins again. */
  kill(peer: PeerId): void
  /** Bytes written by `from` to `to` so far. */
  bytesSent(from: PeerId, to: PeerId): number
}

/** How a peer comes to a connection with another one. */
export type Dialling = 'by name' | 'by hops'

interface Handler {
  readonly handle: ChannelHandler
  readonly maxInbound: number
  readonly isRelayedAllowed: boolean
}

interface Seat {
  readonly peer: PeerId
  readonly address: string
  readonly isRelay: boolean
  readonly handlers: Map<string, Handler>
  readonly links: Map<PeerId, Link>
  readonly listeners: Set<() => void>
  readonly announced: Set<string>
  readonly relays: Set<string>
  /** What `state` returned since the last change. */
  state: NetworkState | undefined
}

interface Link {
  readonly opener: PeerId
  readonly isDirect: boolean
  readonly streams: Set<ChannelPair>
  /** Streams now open, by opener and protocol. */
  readonly inbound: Map<string, number>
}

/** Peers that a seat names as its hops where nobody is dialled otherwise. */
const HOPS_AT_MOST = 3

/**
 * Returns a network without peers. Nothing in it takes time but `lines`: it moves as fast as promises settle.
 * @param dialling where it is 'by hops', two peers come to a connection only through a hop that the dialling one names and with which both are
 *   connected, a relay or anybody else, as browsers do
 * @param turn resolves after what is ready has run; a write takes one turn
 */
export function createMemoryNetwork({
  backPressure = 'reader',
  dialling = 'by name',
  lines,
  turn,
}: {
  readonly backPressure?: BackPressure
  readonly dialling?: Dialling
  readonly lines?: Pick<Lines, 'send'>
  readonly turn?: () => Promise<void>
} = {}): MemoryNetwork {
  const seats = new Map<PeerId, Seat>()
  const separated = new Set<string>()
  const relayedOnly = new Set<string>()
  const sent = new Map<string, { bytes: number }>()

  function changed(...ended: readonly Seat[]) {
    for (const seat of ended) seat.state = undefined
    for (const seat of ended) for (const listener of [...seat.listeners]) listener()
  }

  /** Returns the connection of both, which `a` opens where there is none. */
  function link(a: Seat, b: Seat): Link {
    const known = a.links.get(b.peer)
    if (known) return known
    const made: Link = {
      opener: a.peer,
      isDirect: !relayedOnly.has(pairOf(a.peer, b.peer)),
      streams: new Set(),
      inbound: new Map(),
    }
    a.links.set(b.peer, made)
    b.links.set(a.peer, made)
    changed(a, b)
    return made
  }

  function unlink(a: PeerId, b: PeerId) {
    const near = seats.get(a)
    const far = seats.get(b)
    const broken = near?.links.get(b)
    if (!near || !far || !broken) return
    near.links.delete(b)
    far.links.delete(a)
    for (const stream of [...broken.streams]) stream.reset()
    changed(near, far)
  }

  function remove(peer: PeerId) {
    const seat = seats.get(peer)
    if (!seat) return
    for (const other of [...seat.links.keys()]) unlink(peer, other)
    seats.delete(peer)
  }

  /** Returns the count of what `from` sends to `to`. */
  function countOf(from: PeerId, to: PeerId): { bytes: number } {
    const name = `${from} ${to}`
    const count = sent.get(name) ?? { bytes: 0 }
    sent.set(name, count)
    return count
  }

  function openStream(near: Seat, far: Seat, protocol: string) {
    const found = link(near, far)
    const handler = far.handlers.get(protocol)
    if (!handler) throw new HoardError('stream-closed', { protocol, reason: 'not spoken' })
    if (!found.isDirect && !handler.isRelayedAllowed) throw new HoardError('peer-unreachable', { peer: far.peer, reason: 'relayed' })
    const slot = `${near.peer} ${protocol}`
    const open = found.inbound.get(slot) ?? 0
    if (open >= handler.maxInbound) throw new HoardError('stream-closed', { protocol, reason: 'too many' })
    found.inbound.set(slot, open + 1)
    const [out, back] = [countOf(near.peer, far.peer), countOf(far.peer, near.peer)]
    const pair = createChannelPair(near.peer, far.peer, {
      backPressure,
      transit: lines?.send,
      turn,
      onBytes: (from, length) => void ((from === near.peer ? out : back).bytes += length),
      onOver: () => {
        found.streams.delete(pair)
        found.inbound.set(slot, (found.inbound.get(slot) ?? 1) - 1)
      },
    })
    found.streams.add(pair)
    void handler.handle(pair.far).then(
      () => pair.finish(),
      () => pair.reset(),
    )
    return pair.near
  }

  function portsOf(seat: Seat): MemoryPeer {
    const isHere = () => seats.get(seat.peer) === seat
    return {
      network: {
        self: seat.peer,
        async open(peer, protocol, { signal, hops = [] } = {}) {
          signal?.throwIfAborted()
          const far = seats.get(peer)
          if (!isHere() || !far || far === seat || separated.has(pairOf(seat.peer, peer)))
            throw new HoardError('peer-unreachable', { peer })
          const isMet = (hop: PeerId): boolean => seat.links.has(hop) && far.links.has(hop)
          if (dialling === 'by hops' && !seat.links.has(peer) && !hops.some(isMet))
            throw new HoardError('peer-unreachable', { peer, reason: 'no hop' })
          return openStream(seat, far, protocol)
        },
        handle(protocol, handle, { maxInbound, isRelayedAllowed = false }) {
          seat.handlers.set(protocol, { handle, maxInbound, isRelayedAllowed })
        },
        state() {
          if (seat.state !== undefined) return seat.state
          const connections = [...seat.links].map(([peer, { isDirect, opener }]): Connection => {
            const far = seats.get(peer)
            return { peer, isDirect, address: far?.address ?? '', isRelay: far?.isRelay ?? false, isInbound: opener === peer }
          })
          const places = connections.toSorted((a, b) => Number(b.isRelay) - Number(a.isRelay)).slice(0, HOPS_AT_MOST)
          const hops = places.filter(({ isRelay }) => isRelay || dialling === 'by hops').map(({ peer }) => peer)
          const relays = [...seat.relays].map((address) => ({
            address,
            isConnected: connections.some((connection) => connection.address === address),
          }))
          return (seat.state = { connections, relays, hops })
        },
        release: (peer) => unlink(seat.peer, peer),
        watch(listener) {
          seat.listeners.add(listener)
          return () => void seat.listeners.delete(listener)
        },
      },
      control: {
        async addRelay(address, { signal } = {}) {
          signal?.throwIfAborted()
          const relay = [...seats.values()].find((other) => other.isRelay && other.address === address)
          if (!relay || !isHere()) throw new HoardError('relay-unreachable', { address })
          seat.relays.add(address)
          seat.state = undefined
          link(seat, relay)
        },
        async removeRelay(address) {
          const relay = [...seats.values()].find((other) => other.isRelay && other.address === address)
          seat.relays.delete(address)
          seat.state = undefined
          if (relay) unlink(seat.peer, relay.peer)
        },
        async close() {
          if (isHere()) remove(seat.peer)
        },
      },
      directory: {
        async announce(id) {
          seat.announced.add(hex(id))
        },
        async *find(id, { signal } = {}) {
          for (const other of [...seats.values()]) {
            if (signal?.aborted) return
            if (other !== seat && other.announced.has(hex(id))) yield other.peer
          }
        },
      },
    }
  }

  return {
    join(peer, { address = `/memory/${peer}`, isRelay = false } = {}) {
      remove(peer)
      const seat: Seat = {
        peer,
        address,
        isRelay,
        handlers: new Map(),
        links: new Map(),
        listeners: new Set(),
        announced: new Set(),
        relays: new Set(),
        state: undefined,
      }
      seats.set(peer, seat)
      return portsOf(seat)
    },
    connect(a, b, { isDirect = true } = {}) {
      const pair = pairOf(a, b)
      separated.delete(pair)
      if (isDirect !== !relayedOnly.has(pair)) unlink(a, b)
      if (isDirect) relayedOnly.delete(pair)
      else relayedOnly.add(pair)
      const near = seats.get(a)
      const far = seats.get(b)
      if (near && far) link(near, far)
    },
    disconnect: unlink,
    separate(a, b) {
      separated.add(pairOf(a, b))
      unlink(a, b)
    },
    kill: remove,
    bytesSent: (from, to) => countOf(from, to).bytes,
  }
}

/** Returns the same text for both orders of two peers. */
function pairOf(a: PeerId, b: PeerId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
