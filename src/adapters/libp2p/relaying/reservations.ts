import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { peerIdFromString } from '@libp2p/peer-id'
import { hostOf, isLocalHost } from '../addresses.ts'

type CircuitTransport = ReturnType<typeof circuitRelayTransport>
type PeerIdOfLibp2p = ReturnType<typeof peerIdFromString>

/** The part of the circuit transport that holds this node's reservations; it exists since 4.0 but no interface shows it. */
interface ReservationStore {
  addRelay(peer: PeerIdOfLibp2p, kind: 'configured'): Promise<unknown>
  hasReservation(peer: PeerIdOfLibp2p): boolean
  getReservation(peer: PeerIdOfLibp2p): { readonly addrs: readonly Uint8Array[] } | undefined
}

/** The places that this node holds at relays and hops, through which others reach it. */
export interface Reservations {
  /** The transport to give to libp2p. */
  readonly transport: CircuitTransport
  /**
   * Holds a place at `peer`, to which a direct connection is open, and renews it while that connection lasts. @throws every error of libp2p
   */
  reserve(peer: string): Promise<void>
  has(peer: string): boolean
  /** Returns the public addresses that `peer` itself states. */
  statedAddresses(peer: string): readonly Multiaddr[]
}

/**
 * Returns reservations that are made only when somebody asks for them.
 *
 * Why not `listen: ['/p2p-circuit']`: its discovery walks the DHT, dials strangers and gives the place of a relay that went away to any
 * peer; and a listener at a hop throws uncaught errors (`Multiaddr … was not an IPv4 …`) for addresses that begin with a peer.
 */
export function createReservations(): Reservations {
  let store: ReservationStore | undefined
  // libp2p empties its queue after every reservation and would leave waiting ones unanswered for ever: so none may wait there.
  const make = circuitRelayTransport({ reservationConcurrency: Infinity })
  const reserving = new Map<string, Promise<void>>()

  function opened(): ReservationStore {
    if (store === undefined) throw new Error('the circuit relay transport has no reservation store')
    return store
  }

  async function hold(peer: string): Promise<void> {
    await opened().addRelay(peerIdFromString(peer), 'configured')
  }

  return {
    transport(components) {
      const transport = make(components)
      const inside: unknown = 'reservationStore' in transport ? transport.reservationStore : undefined
      if (isReservationStore(inside)) store = inside
      return transport
    },
    reserve(peer) {
      const running = reserving.get(peer)
      if (running !== undefined) return running
      const made = hold(peer).finally(() => reserving.delete(peer))
      reserving.set(peer, made)
      return made
    },
    has: (peer) => store?.hasReservation(peerIdFromString(peer)) ?? false,
    statedAddresses(peer) {
      const stated = store?.getReservation(peerIdFromString(peer))?.addrs ?? []
      return stated.slice(0, 4).flatMap((bytes) => {
        try {
          const address = multiaddr(bytes)
          const host = hostOf(address)
          return host !== undefined && !isLocalHost(host) ? [address] : []
        } catch {
          return []
        }
      })
    },
  }
}

function isReservationStore(value: unknown): value is ReservationStore {
  return typeof value === 'object' && value !== null && 'addRelay' in value && 'hasReservation' in value && 'getReservation' in value
}
