import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { AbortOptions, Connection, ConnectionGater, Libp2p, PeerId as PeerIdOfLibp2p, Stream } from '@libp2p/interface'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { decode as decodeDigest } from 'multiformats/hashes/digest'
import { createCircuitLimits, type CircuitEnds, type CircuitLimits, type OpenCircuit } from './circuit-limits.ts'
import { createSampleSet, type SampleSet } from '../dht/sample-set.ts'

/** Keeps a node that relays for others from being used as a tunnel, on a page, a holder and a relay alike. */
export interface HopGuard {
  /** The part that goes into the connection gater. */
  readonly gater: Pick<ConnectionGater, 'denyOutboundRelayedConnection'>
  /** Peers that hold a place here, by their texts. */
  readonly places: SampleSet<string>
  /** Guards `relay`, the service of `node`; call it before the node starts. */
  watch(node: Libp2p, relay: CircuitRelayService): void
}

/** The part of libp2p's circuit relay server that opens the second half of a circuit; no interface shows it. */
interface Stopping {
  stopHop(
    options: { readonly connection: Connection; readonly request: { readonly peer?: { readonly id: Uint8Array } } },
    abort: AbortOptions,
  ): Promise<Stream | undefined>
}

/**
 * Returns a guard; `networkOf` returns the network of a connected peer, or the peer itself where its network is not known. Source: SPEC.md
 * CIR1, CIR2.
 */
export function createHopGuard(networkOf: (peer: string) => string, onBytes: (bytes: number) => void = () => {}): HopGuard {
  const limits = createCircuitLimits(() => performance.now())
  const places = createSampleSet<string>()
  const endsOf = (from: PeerIdOfLibp2p, to: PeerIdOfLibp2p): CircuitEnds => {
    const caller = from.toString()
    return { caller, called: to.toString(), network: networkOf(caller) }
  }
  return {
    gater: { denyOutboundRelayedConnection: (from, to) => !limits.allows(endsOf(from, to)) },
    places,
    watch(node, relay) {
      indexPlaces(relay.reservations, places)
      meterCircuits(relay, limits, endsOf, onBytes)
      node.addEventListener('peer:disconnect', ({ detail: peer }) => {
        // Otherwise a place would outlive its peer by up to two hours, and thousands of closed pages would fill the relay.
        relay.reservations.get(peer)?.signal.clear()
        relay.reservations.delete(peer)
      })
    },
  }
}

/** Keeps `places` the same as the keys of `reservations`. */
function indexPlaces(reservations: CircuitRelayService['reservations'], places: SampleSet<string>): void {
  const set = reservations.set.bind(reservations)
  const remove = reservations.delete.bind(reservations)
  const clear = reservations.clear.bind(reservations)
  reservations.set = (peer, reservation) => {
    places.add(peer.toString())
    return set(peer, reservation)
  }
  reservations.delete = (peer) => {
    places.delete(peer.toString())
    return remove(peer)
  }
  reservations.clear = () => {
    for (const peer of places.draw(places.size)) places.delete(peer)
    clear()
  }
}

/**
 * Counts the bytes of each circuit on the stream to the called peer, which every relayed byte passes once, and ends a circuit that has too
 * many.
 */
function meterCircuits(
  relay: CircuitRelayService,
  limits: CircuitLimits,
  endsOf: (from: PeerIdOfLibp2p, to: PeerIdOfLibp2p) => CircuitEnds,
  onBytes: (bytes: number) => void,
): void {
  if (!isStopping(relay)) throw new Error('this circuit relay is not the one that this node knows')
  const stopHop = relay.stopHop.bind(relay)
  relay.stopHop = async (options, abort) => {
    const { id } = options.request.peer ?? {}
    if (id === undefined) throw new Error('a circuit without a caller')
    const ends = endsOf(peerIdFromMultihash(decodeDigest(id)), options.connection.remotePeer)
    const circuit = limits.open(ends)
    try {
      const stream = await stopHop(options, abort)
      if (stream === undefined) circuit.close()
      else meter(stream, circuit, onBytes)
      return stream
    } catch (error) {
      circuit.close()
      throw error
    }
  }
}

function meter(stream: Stream, circuit: OpenCircuit, onBytes: (bytes: number) => void): void {
  // Do not use a 'message' listener: while nobody else listens, libp2p would hand the bytes to the counter alone and lose them.
  if (!isReceiving(stream)) throw new Error('the streams of this libp2p are not the ones this node knows')
  const send = stream.send.bind(stream)
  const receive = stream.onData.bind(stream)
  const count = (bytes: number): void => {
    onBytes(bytes)
    if (!circuit.spend(bytes)) queueMicrotask(() => stream.abort(new Error('this peer has relayed too much')))
  }
  stream.send = (data) => {
    count(data.byteLength)
    return send(data)
  }
  stream.onData = (data) => {
    count(data.byteLength)
    receive(data)
  }
  stream.addEventListener('close', () => circuit.close())
  if (stream.status !== 'open') circuit.close()
}

function isStopping<T extends object>(relay: T): relay is T & Stopping {
  return 'stopHop' in relay && typeof relay.stopHop === 'function'
}

/** A method that every stream class of `@libp2p/utils` has and no interface shows. */
interface Receiving {
  onData(data: { readonly byteLength: number }): void
}

function isReceiving<T extends object>(stream: T): stream is T & Receiving {
  return 'onData' in stream && typeof stream.onData === 'function'
}
