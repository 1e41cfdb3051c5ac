import type { Connection as Libp2pConnection, Libp2p } from '@libp2p/interface'
import { HoardError } from '../../core/errors.ts'
import { brandPeerId, type PeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Channel, Connection, Network, NetworkState } from '../../ports/network.ts'
import { createChannel, createUnreadMeter } from './channels/channel.ts'
import type { Connections } from './connections.ts'
import { isExchange } from './protocols.ts'
import { raceSignal, within } from '../../flow/deadline.ts'

/** Longest time for a stream to negotiate, and for an answered stream to end. */
const NEGOTIATE_MS = 10_000
const MAX_OUTBOUND_STREAMS = 256

/** The ways in which a network reaches peers it is not connected to; a relay reaches nobody. */
export interface Reach {
  /** @throws HoardError 'peer-unreachable' */
  connect(peer: PeerId, hops: readonly PeerId[]): Promise<Libp2pConnection>
  isRelay(peer: string): boolean
  relays(): NetworkState['relays']
  hops(): readonly PeerId[]
  /** Peers that hold a place here. */
  guests(): readonly PeerId[]
}

/** The port over a running libp2p node. Its owner calls `changed` after a change of something that `state()` shows. */
export interface NetworkOverLibp2p {
  readonly network: Network
  changed(): void
}

/** Returns the port over `node`. */
export function createNetwork(node: Libp2p, connections: Connections, reach: Reach, clock: Clock, closing: AbortSignal): NetworkOverLibp2p {
  const self = brandPeerId(node.peerId.toString())
  const unread = createUnreadMeter()
  const listeners = new Set<() => void>()
  const relayedProtocols = new Set<string>()
  const inboundByPeer = new Map<string, number>()
  let isToldSoon = false

  async function open(peer: PeerId, protocol: string, options: { signal?: AbortSignal; hops?: readonly PeerId[] } = {}): Promise<Channel> {
    const { signal, hops = [] } = options
    signal?.throwIfAborted()
    for (let tried = 0; ; tried++) {
      const connection = await connectionFor(peer, protocol, hops, signal)
      const beganAt = clock.ran()
      try {
        return await openOn(connection, peer, protocol, signal)
      } catch (error) {
        signal?.throwIfAborted()
        // The connection may have died unnoticed, or only this channel was lost: try once over a fresh connection.
        const isWorthATry = connection.status !== 'open' || clock.ran() - beganAt >= NEGOTIATE_MS
        if (tried > 0 || !isWorthATry) throw new HoardError('stream-closed', { peer }, error)
      }
    }
  }

  async function connectionFor(peer: PeerId, protocol: string, hops: readonly PeerId[], signal?: AbortSignal): Promise<Libp2pConnection> {
    const direct = connections.direct(peer)
    if (direct !== undefined) return direct
    try {
      return await raceSignal(reach.connect(peer, hops), signal)
    } catch (error) {
      const relayed = relayedProtocols.has(protocol) ? connections.any(peer) : undefined
      if (relayed === undefined || signal?.aborted === true) throw error
      return relayed
    }
  }

  async function openOn(connection: Libp2pConnection, peer: PeerId, protocol: string, signal?: AbortSignal): Promise<Channel> {
    const stream = await within(clock, NEGOTIATE_MS, signal, (deadline) =>
      connection.newStream(protocol, {
        signal: deadline,
        maxOutboundStreams: MAX_OUTBOUND_STREAMS,
        runOnLimitedConnection: relayedProtocols.has(protocol),
      }),
    )
    return createChannel(stream, peer, unread, isExchange(protocol) ? { onBytes: (bytes) => connections.exchanges.add(peer, bytes) } : {})
  }

  /** Ends a stream that its far side does not end, so that it does not count against its peer for ever. */
  async function endLater(channel: Channel, ended: AbortSignal): Promise<void> {
    await channel.close()
    await raceSignal(clock.wait(NEGOTIATE_MS, { signal: ended }), closing).catch(() => {})
    channel.abort()
  }

  const network: Network = {
    self,
    open,
    handle(protocol, handler, { maxInbound, isRelayedAllowed = false }) {
      if (isRelayedAllowed) relayedProtocols.add(protocol)
      const registered = node.handle(
        protocol,
        (stream, connection) => {
          const peer = brandPeerId(connection.remotePeer.toString())
          const key = `${peer} ${protocol}`
          const count = (inboundByPeer.get(key) ?? 0) + 1
          // libp2p counts streams per connection, and a peer may briefly have two.
          if (count > maxInbound) return stream.abort(new Error('too many streams of this protocol'))
          inboundByPeer.set(key, count)
          const ended = new AbortController()
          const onEnd = () => {
            ended.abort()
            const left = (inboundByPeer.get(key) ?? 1) - 1
            if (left > 0) inboundByPeer.set(key, left)
            else inboundByPeer.delete(key)
          }
          const onBytes = (bytes: number) => connections.exchanges.add(peer, bytes)
          const channel = createChannel(stream, peer, unread, { onEnd, ...(isExchange(protocol) && { onBytes }) })
          handler(channel).then(
            () => endLater(channel, ended.signal),
            () => channel.abort(),
          )
        },
        {
          maxInboundStreams: maxInbound,
          maxOutboundStreams: MAX_OUTBOUND_STREAMS,
          runOnLimitedConnection: isRelayedAllowed,
          force: true,
        },
      )
      // The handler answers from this call on; the promise only tells that the peer store lists the protocol.
      registered.catch(() => {})
    },
    state() {
      return {
        connections: connections.byPeer().map(({ peer, connection }) => ({ ...describe(peer, connection), isRelay: reach.isRelay(peer) })),
        relays: reach.relays(),
        hops: reach.hops(),
        guests: reach.guests(),
      }
    },
    release: connections.release,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }

  return {
    network,
    changed() {
      if (isToldSoon) return
      isToldSoon = true
      queueMicrotask(() => {
        isToldSoon = false
        for (const listener of listeners) listener()
      })
    },
  }
}

function describe(peer: PeerId, connection: Libp2pConnection): Omit<Connection, 'isRelay'> {
  const isDirect = connection.limits == null
  // The address of a WebRTC connection is that of the relay which introduced the peer: it says nothing about the peer itself.
  const isWebRtc = connection.remoteAddr.getComponents().some((part) => part.name === 'webrtc')
  const address = isDirect && isWebRtc ? `/webrtc/p2p/${peer}` : connection.remoteAddr.toString()
  return { peer, isDirect, address, isInbound: connection.direction === 'inbound' }
}
