import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify, identifyPush } from '@libp2p/identify'
import { setMaxListeners } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { brandPeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Directory } from '../../ports/directory.ts'
import type { Network, NetworkControl } from '../../ports/network.ts'
import { hostOf, isLocalHost, readAddress } from './addresses.ts'
import { boundPeerStore } from './bounded-peer-store.ts'
import { watchConnections, type Connections } from './connections.ts'
import { createDhtStore } from './dht/dht-store.ts'
import type { dhtService } from './dht/dht.ts'
import { createDialler } from './dial.ts'
import { createDirectory } from './dht/directory.ts'
import { createHopGuard } from './relaying/hop-guard.ts'
import { onlyEd25519 } from './identities.ts'
import { MESSAGE_BYTES } from './channels/message-size.ts'
import { createNetwork } from './network.ts'
import { createReservations } from './relaying/reservations.ts'
import { supervise, type Supervisor } from './relaying/supervisor.ts'
import { within } from '../../flow/deadline.ts'

const PEER_AGE_MS = 48 * 3_600_000
const LOOKUP_MS = 5_000

/** Settings of a node of the swarm. */
export interface NetworkOptions {
  /** 32 secret bytes: the Ed25519 seed of this device's identity. */
  readonly peerKey: Uint8Array
  /** Multiaddrs of relays. */
  readonly relays: readonly string[]
  /** STUN and TURN servers; always explicit, since libp2p's default asks third parties. */
  readonly iceServers: readonly RTCIceServer[]
  /** Name of a private swarm, '' for the public one. */
  readonly networkName: string
  readonly clock: Clock
  readonly limits?: Partial<NetworkLimits>
}

/** Limits on what a node spends on others. */
export interface NetworkLimits {
  /** Most direct connections; idle ones above it are ended. 64 for a page. */
  readonly connections: number
  /** Most places for others who want to be reached through this node; 0 = it relays for nobody (phones). */
  readonly hopPlaces: number
  /** Tells whether the node answers the DHT or only asks it (phones). */
  readonly dht: 'server' | 'client'
}

/** The ports of a running node. */
export interface PeerNetwork {
  readonly network: Network
  readonly control: NetworkControl
  readonly directory: Directory
  /** Checks every connection and relay at once; call it on `online`, `pageshow`, `resume` and when the page becomes visible. */
  wake(): void
}

/** Starts a node; `dht` comes from `dht.ts`, which is a chunk of its own. Resolves before any relay answers. */
export async function startPeerNetwork(options: NetworkOptions, dht: typeof dhtService): Promise<PeerNetwork> {
  const { clock, networkName } = options
  const limits: NetworkLimits = { connections: 64, hopPlaces: 64, dht: 'server', ...options.limits }
  const reservations = createReservations()
  const closing = new AbortController()
  setMaxListeners(Infinity, closing.signal)
  // The node asks for its addresses and for the dials it may make before its supervisor exists.
  const later: { supervisor?: Supervisor; connections?: Connections } = {}
  const isLocalSwarm = options.relays.some((text) => isLocalHost(hostIn(text) ?? ''))

  const networkOf = (peer: string): string => later.connections?.networkOf(peer) ?? peer
  const hop = createHopGuard(networkOf)
  const privateKey = await generateKeyPairFromSeed('Ed25519', options.peerKey)
  const node = await createLibp2p({
    privateKey,
    addresses: { listen: [], announceFilter: () => [...(later.supervisor?.announced() ?? [])] },
    transports: [
      webSockets(),
      webRTC({
        rtcConfiguration: { iceServers: [...options.iceServers] },
        dataChannel: { maxMessageSize: MESSAGE_BYTES },
        maxEarlyStreams: 64,
      }),
      reservations.transport,
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: {
      // Browsers refuse plain ws and private hosts by default. Strangers' addresses must not make us probe a house's network either.
      ...onlyEd25519,
      ...hop.gater,
      denyDialMultiaddr: (address) => {
        const host = hostOf(address)
        return (
          host !== undefined &&
          isLocalHost(host) &&
          !isLocalSwarm &&
          !(later.supervisor?.relays ?? []).some((relay) => hostIn(relay.address) === host)
        )
      },
    },
    connectionManager: {
      // Our own budget is lower: newcomers must find a free place, and limited connections come on top for a moment.
      maxConnections: limits.connections + 64,
      // All peers behind one relay count as one host.
      inboundConnectionThreshold: 10_000,
      maxIncomingPendingConnections: 256,
      reconnectRetries: 1,
    },
    // One missed ping of a busy page must not end a healthy connection; the supervisor allows several.
    connectionMonitor: { enabled: false, abortConnectionOnPingFailure: false },
    // One expired provider would otherwise fail a whole look-up.
    peerStore: { maxAddressAge: PEER_AGE_MS, maxPeerAge: PEER_AGE_MS },
    datastore: createDhtStore({
      providers: 16_384,
      providersPerPeer: 512,
      self: peerIdFromPrivateKey(privateKey).toString(),
      networkOf,
      isNeeded: (peer) => later.connections?.any(peer) !== undefined,
    }),
    services: {
      // A limited connection lives for one WebRTC dial; the direct one that follows it is identified anyway.
      identify: identify({ runOnLimitedConnection: false }),
      identifyPush: identifyPush({ runOnLimitedConnection: false }),
      ping: ping({ maxInboundStreams: 8 }),
      dht: dht(networkName, limits.dht),
      ...(limits.hopPlaces > 0 && {
        relay: circuitRelayServer({
          maxInboundHopStreams: 32,
          reservations: { maxReservations: limits.hopPlaces, reservationTtl: 7_200_000 },
        }),
      }),
    },
    start: false,
  })

  const connections = watchConnections(node, clock, closing.signal, () => {
    over.changed()
    if (later.supervisor !== undefined)
      connections.trim(limits.connections, new Set([...later.supervisor.places(), ...relayPeers(later.supervisor)]))
  })
  later.connections = connections
  boundPeerStore(node.peerStore, node.peerId)
  if (node.services.relay !== undefined) hop.watch(node, node.services.relay)
  const dialler = createDialler(
    node,
    connections,
    {
      relaying: () =>
        [
          ...new Set([...(later.supervisor?.places() ?? []), ...(later.supervisor === undefined ? [] : relayPeers(later.supervisor))]),
        ].filter((peer) => connections.direct(peer)),
      relayAddress: (peer) => later.supervisor?.relayAddress(peer),
      async lookUp(peer, signal) {
        await within(clock, LOOKUP_MS, signal, async (deadline) => {
          for await (const event of node.services.dht.findPeer(peerIdFromString(peer), { signal: deadline })) {
            if (event.name === 'FINAL_PEER') return void (await node.peerStore.merge(event.peer.id, { multiaddrs: event.peer.multiaddrs }))
          }
          // The DHT is a hint: a peer that it does not find may still exist.
        }).catch(() => undefined)
      },
    },
    clock,
    closing.signal,
  )
  const over = createNetwork(
    node,
    connections,
    {
      connect: dialler.connect,
      isRelay: (peer) => later.supervisor?.isRelay(peer) ?? false,
      relays: () =>
        (later.supervisor?.relays ?? []).map(({ address, peer, isSomebodyElse }) => ({
          address,
          ...(isSomebodyElse && { isSomebodyElse }),
          isConnected: peer !== undefined && connections.direct(peer) !== undefined,
        })),
      hops: () => (later.supervisor?.places() ?? []).map(brandPeerId),
      guests: () => hop.places.draw(hop.places.size).map(brandPeerId),
    },
    clock,
    closing.signal,
  )
  node.addEventListener('connection:open', ({ detail }) => dialler.forgive(detail.remotePeer.toString()))
  await node.start()
  const watched = supervise(node, connections, reservations, options.relays, clock, closing.signal, over.changed)
  later.supervisor = watched
  const unwatchGaps = clock.watchGaps(watched.wake)

  return {
    network: over.network,
    control: {
      addRelay: (address, { signal } = {}) => watched.add(address, signal),
      removeRelay: (address) => watched.remove(address),
      async close() {
        unwatchGaps()
        closing.abort(new Error('the node is closing'))
        await Promise.resolve(node.stop()).catch(() => {})
      },
    },
    directory: createDirectory(node.services.dht, node.peerStore, over.network.self, clock, closing.signal),
    wake: watched.wake,
  }
}

function hostIn(text: string): string | undefined {
  const address = readAddress(text)
  return address === undefined ? undefined : hostOf(address)
}

function relayPeers(supervisor: Supervisor): readonly string[] {
  return supervisor.relays.flatMap((relay) => (relay.peer === undefined ? [] : [relay.peer]))
}
