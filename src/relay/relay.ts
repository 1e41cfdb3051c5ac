import { isIPv6 } from 'node:net'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify, identifyPush } from '@libp2p/identify'
import { setMaxListeners } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { boundPeerStore } from '../adapters/libp2p/bounded-peer-store.ts'
import { watchConnections, type Connections } from '../adapters/libp2p/connections.ts'
import { createDhtStore } from '../adapters/libp2p/dht/dht-store.ts'
import { dhtService } from '../adapters/libp2p/dht/dht.ts'
import { createHopGuard } from '../adapters/libp2p/relaying/hop-guard.ts'
import { onlyEd25519 } from '../adapters/libp2p/identities.ts'
import { createNetwork } from '../adapters/libp2p/network.ts'
import { createTimerClock } from '../adapters/clock/timer-clock.ts'
import { HoardError } from '../core/errors.ts'
import { handlePeers } from '../protocol/peers.ts'
import { introduce } from './introduce.ts'
import { createFrontDoor, type Page } from './front-door.ts'
import { renderMetrics, type RelayMetrics } from './metrics.ts'
import { startStunServer } from './stun-server.ts'
import { BusyPort } from '../adapters/node/busy-port.ts'

const RESERVATION_MS = 2 * 3_600_000
const PEER_AGE_MS = 48 * 3_600_000
/** A relayed connection carries the signalling of one WebRTC dial, about 10 KB, and nothing else. */
const CIRCUIT_BYTES = 131_072n
const CIRCUIT_MS = 120_000

/** The settings of a relay. */
export interface RelayOptions {
  /** 32 secret bytes: the Ed25519 seed of its identity. */
  readonly key: Uint8Array
  /** TCP port; 0 picks a free one. */
  readonly port: number
  /** UDP port of the STUN responder; 0 picks a free one, absent for none. */
  readonly stunPort?: number
  /** Address to listen on. */
  readonly host: string
  /** Multiaddrs by which others reach it, when they differ from the one it listens on. */
  readonly announce?: readonly string[]
  /** PEM texts; with them the port speaks wss and https. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
  /** Name of a private swarm, '' for the public one. */
  readonly networkName?: string
  /** Most peers that hold a place at once. */
  readonly maxReservations?: number
}

/** A running relay. */
export interface RunningRelay {
  /** Multiaddr that people put into network.json. */
  readonly address: string
  readonly stunPort: number | undefined
  metrics(): RelayMetrics
  close(): Promise<void>
}

/**
 * Starts a relay: it introduces peers to each other, relays their signalling, keeps a part of the DHT and answers STUN.
 * @throws BusyPort; the system's error when it cannot listen
 */
export async function createRelay(options: RelayOptions): Promise<RunningRelay> {
  const { host, maxReservations = 8_192, networkName = '', announce = [] } = options
  const stun = options.stunPort === undefined ? undefined : await startStun(host, options.stunPort)
  const door = createFrontDoor(page, options.tls)
  const privateKey = await generateKeyPairFromSeed('Ed25519', options.key)
  const later: { connections?: Connections } = {}
  const networkOf = (peer: string): string => later.connections?.networkOf(peer) ?? peer
  let circuitBytes = 0
  const hop = createHopGuard(networkOf, (bytes) => (circuitBytes += bytes))
  const store = createDhtStore({
    providers: 262_144,
    providersPerPeer: 2_048,
    peers: 4 * maxReservations,
    self: peerIdFromPrivateKey(privateKey).toString(),
    networkOf,
    isNeeded: (peer) => later.connections?.any(peer) !== undefined,
  })
  const node = await createLibp2p({
    privateKey,
    addresses: {
      listen: [`/ip${isIPv6(host) ? 6 : 4}/${host}/tcp/${options.port}/${options.tls === undefined ? 'ws' : 'tls/ws'}`],
      announce: [...announce],
    },
    transports: [door.transport],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { ...onlyEd25519, ...hop.gater, denyDialMultiaddr: () => true },
    connectionManager: { maxConnections: 2 * maxReservations, inboundConnectionThreshold: 10_000, maxIncomingPendingConnections: 1_000 },
    // TCP keep-alive ends dead sockets; pinging thousands of peers every ten seconds would be the relay's main work.
    connectionMonitor: { enabled: false },
    peerStore: { maxAddressAge: PEER_AGE_MS, maxPeerAge: PEER_AGE_MS },
    datastore: store,
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping({ maxInboundStreams: 8 }),
      dht: dhtService(networkName, 'server'),
      relay: circuitRelayServer({
        maxInboundHopStreams: 64,
        maxOutboundStopStreams: 300,
        reservations: {
          maxReservations,
          reservationTtl: RESERVATION_MS,
          defaultDataLimit: CIRCUIT_BYTES,
          defaultDurationLimit: CIRCUIT_MS,
        },
      }),
    },
    start: false,
  })
  const { reservations } = node.services.relay
  hop.watch(node, node.services.relay)
  const clock = createTimerClock()
  const closing = new AbortController()
  setMaxListeners(Infinity, closing.signal)
  const connections = watchConnections(node, clock, closing.signal, () => over.changed())
  later.connections = connections
  boundPeerStore(node.peerStore, node.peerId)
  const over = createNetwork(node, connections, dialsNobody, clock, closing.signal)
  handlePeers(over.network, clock, { known: (atMost) => introduce(hop.places, connections, over.network.self, atMost) })
  // Forget a peer that leaves: a relay must not grow with everybody whom it has ever met.
  node.addEventListener('peer:disconnect', ({ detail: peer }) => store.forget(peer.toString()))

  function metrics(): RelayMetrics {
    return {
      relay_circuit_bytes_total: circuitBytes,
      relay_socket_bytes_total: door.socketBytes(),
      relay_reservations: reservations.size,
      relay_connections: node.getConnections().length,
      stun_requests_total: stun?.requests() ?? 0,
    }
  }

  function page(path: string): ReturnType<Page> {
    if (path === '/health')
      return { type: 'application/json', text: `${JSON.stringify({ status: 'ok', peerId: node.peerId.toString() })}\n` }
    if (path === '/metrics') return { type: 'text/plain; version=0.0.4; charset=utf-8', text: renderMetrics(metrics()) }
    return undefined
  }

  async function close(): Promise<void> {
    closing.abort(new Error('the relay is closing'))
    await stun?.close()
    await node.stop()
  }

  try {
    await node.start()
  } catch (error) {
    await close()
    throw door.failure()?.code === 'EADDRINUSE' ? new BusyPort(options.port, 'peers', '--port') : (door.failure() ?? error)
  }
  const [address] = node.getMultiaddrs()
  return { address: address?.toString() ?? '', stunPort: stun?.port, metrics, close }
}

async function startStun(host: string, port: number): Promise<Awaited<ReturnType<typeof startStunServer>>> {
  try {
    return await startStunServer(host, port)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw new BusyPort(port, 'STUN responder', '--stun-port')
    throw error
  }
}

/** A relay accepts connections but dials nobody. */
const dialsNobody = {
  connect: (peer: string) => Promise.reject(new HoardError('peer-unreachable', { peer })),
  isRelay: () => false,
  relays: () => [],
  hops: () => [],
  guests: () => [],
}
