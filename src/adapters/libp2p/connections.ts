import { KEEP_ALIVE, type Connection, type Libp2p } from '@libp2p/interface'
import { brandPeerId, type PeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { createExchanges, type Exchanges } from './channels/exchanges.ts'
import { networkOfConnection } from './relaying/far-address.ts'
import { isForeign } from './identities.ts'
import { agreeMessageSize } from './channels/message-size.ts'
import { answersPing } from './channels/ping.ts'
import { HOP, isUse, STOP } from './protocols.ts'
import { chooseToEnd } from './trim.ts'

/** Most open inbound streams on one connection, whatever they negotiate; more end it, since WebRTC muxers have no cap of their own. */
const MAX_INBOUND_STREAMS = 64
/** Longest time between two connections in opposite directions that counts as two peers dialling each other at once. */
const CROSSED_MS = 15_000
/** Longest time that a limited connection may stay beside a direct one: its far side may still be ending the signalling on it. */
const LIMITED_LINGER_MS = 10_000
/** Longest time for a limited connection to become a direct one. */
const LIMITED_TRIAL_MS = 60_000
const IDLE_CHECK_MS = 5_000
/** Tag of kad-dht by which libp2p dials a peer again as soon as its connection ends. */
const DHT_KEEP_ALIVE = `${KEEP_ALIVE}-kad-dht`

/**
 * The live connections of a node, by what they may carry. Each method looks at the connections of one peer alone, unless its comment says
 * otherwise.
 */
export interface Connections {
  /** The connection for data to `peer`: open and without limits, the newest; undefined when there is none. */
  direct(peer: string): Connection | undefined
  /** Any open connection to `peer`, for protocols that may be relayed. */
  any(peer: string): Connection | undefined
  /** The network in which `peer` is, IPv4 /24 or IPv6 /48; `peer` itself where it is private or not known. */
  networkOf(peer: string): string
  /** Returns one connection per peer, the direct one where there is one. Looks at all peers. */
  byPeer(): readonly { readonly peer: PeerId; readonly connection: Connection }[]
  /** Ends limited connections this node opened to `peer`; a failed dial leaves them half used. */
  dropLimited(peer: string): void
  /** Ends all connections to `peer`, and nothing but a new use brings one back. */
  release(peer: PeerId): void
  /** Ends direct connections while there are more than `budget`, the least useful first; peers in `keep` stay. Looks at all peers. */
  trim(budget: number, keep: ReadonlySet<string>): void
  /** Bytes of shards exchanged with each peer. */
  readonly exchanges: Exchanges
}

interface Peer {
  readonly id: PeerId
  readonly connections: Set<Connection>
}

/**
 * Watches `node`: the newest connection of a peer replaces older ones, floods are cut, and limited connections end once they are not
 * needed.
 */
export function watchConnections(node: Libp2p, clock: Clock, closing: AbortSignal, onChange: () => void): Connections {
  const self = node.peerId.toString()
  const peers = new Map<string, Peer>()
  const openedAt = new WeakMap<Connection, number>()
  const retiring = new WeakSet<Connection>()
  const exchanges = createExchanges(clock)
  let isLookingAgain = false

  node.addEventListener('connection:open', ({ detail: connection }) => {
    // The gater has already refused such a peer; none of the code below may ever meet its name.
    if (isForeign(connection.remotePeer)) return connection.abort(new Error('this identity is no Ed25519 key'))
    remember(connection)
    capInboundStreams(connection)
    agreeMessageSize(connection)
    if (connection.limits == null) settle(connection)
    else void endLater(connection, LIMITED_TRIAL_MS)
    onChange()
  })
  node.addEventListener('connection:close', ({ detail: connection }) => {
    forget(connection)
    onChange()
  })

  function remember(connection: Connection): void {
    const text = connection.remotePeer.toString()
    const peer = peers.get(text) ?? { id: brandPeerId(text), connections: new Set() }
    peers.set(text, peer)
    peer.connections.add(connection)
    openedAt.set(connection, clock.ran())
  }

  function forget(connection: Connection): void {
    const text = connection.remotePeer.toString()
    const peer = peers.get(text)
    peer?.connections.delete(connection)
    if (peer?.connections.size === 0) peers.delete(text)
  }

  /** Returns the open connections to `peer`, the newest first. */
  function open(peer: string): Connection[] {
    const all = [...(peers.get(peer)?.connections ?? [])].filter((connection) => connection.status === 'open')
    return all.sort((a, b) => (openedAt.get(b) ?? 0) - (openedAt.get(a) ?? 0))
  }

  function direct(peer: string): Connection | undefined {
    const unlimited = open(peer).filter((connection) => connection.limits == null)
    return unlimited.find((connection) => !retiring.has(connection)) ?? unlimited[0]
  }

  /** Leaves one direct connection to the peer of `newest`. */
  function settle(newest: Connection): void {
    const peer = newest.remotePeer.toString()
    for (const older of open(peer)) {
      if (older.id === newest.id) continue
      if (older.limits != null) void endLater(older, LIMITED_LINGER_MS)
      else if (areCrossed(older, newest)) settleCrossed(older, newest).catch(() => {})
      else older.abort(new Error('replaced by a newer connection'))
    }
  }

  function areCrossed(older: Connection, newest: Connection): boolean {
    return older.direction !== newest.direction && (openedAt.get(newest) ?? 0) - (openedAt.get(older) ?? 0) < CROSSED_MS
  }

  /** Keeps the connection that the lower peer id dialled: both sides choose by this rule, so that neither ends what the other keeps. */
  async function settleCrossed(older: Connection, newest: Connection): Promise<void> {
    const peer = newest.remotePeer.toString()
    const kept = (newest.direction === 'outbound') === self < peer ? newest : older
    const other = kept === newest ? older : newest
    retiring.add(other)
    // The peer may have restarted between the two: then the older connection is dead and only the newest answers.
    if (kept === older && !(await answersPing(older, clock, closing))) {
      retiring.delete(newest)
      older.abort(new Error('replaced by a newer connection'))
      return
    }
    do await clock.wait(IDLE_CHECK_MS, { signal: closing })
    while (other.status === 'open' && isInUse(other) && exchanges.isAtWork(peer))
    await other.close()
  }

  async function endLater(limited: Connection, ms: number): Promise<void> {
    await clock.wait(ms, { signal: closing }).catch(() => {})
    if (limited.status === 'open') await limited.close().catch(() => limited.abort(new Error('close failed')))
  }

  function capInboundStreams(connection: Connection): void {
    const muxer = muxerOf(connection)
    muxer?.addEventListener('stream', () => {
      const inbound = connection.streams.filter((stream) => stream.direction === 'inbound' && !isSignalling(stream.protocol))
      if (inbound.length > MAX_INBOUND_STREAMS) connection.abort(new Error('too many streams at once'))
    })
  }

  function trim(budget: number, keep: ReadonlySet<string>): void {
    const all = [...peers].flatMap(([text, { connections }]) =>
      [...connections]
        .filter((connection) => connection.limits == null && connection.status === 'open')
        .map((connection) => ({
          connection,
          openedAt: openedAt.get(connection) ?? clock.ran(),
          exchanged: exchanges.of(text),
          isAtWork: exchanges.isAtWork(text),
          isKept: keep.has(text),
        })),
    )
    const ended = chooseToEnd(all, budget, clock.ran())
    for (const { connection } of ended) void connection.close().catch(() => connection.abort(new Error('close failed')))
    if (all.length - ended.length > budget) lookAgainLater()
  }

  async function end(peer: PeerId): Promise<void> {
    const ending = open(peer)
    const [first] = ending
    if (first === undefined) return
    // The directory tags those nearest to it, and libp2p would dial them again at once.
    await node.peerStore.merge(first.remotePeer, { tags: { [DHT_KEEP_ALIVE]: undefined } }).catch(() => undefined)
    for (const connection of ending) void connection.close().catch(() => connection.abort(new Error('close failed')))
  }

  /** Calls `onChange` after a while, so that spared connections are judged again even when nothing else happens. */
  function lookAgainLater(): void {
    if (isLookingAgain) return
    isLookingAgain = true
    clock.wait(IDLE_CHECK_MS, { signal: closing }).then(
      () => {
        isLookingAgain = false
        onChange()
      },
      () => {},
    )
  }

  return {
    direct,
    any: (peer) => direct(peer) ?? open(peer)[0],
    networkOf(peer) {
      const connection = direct(peer)
      return connection === undefined ? peer : networkOfConnection(peer, connection)
    },
    byPeer() {
      return [...peers].flatMap(([text, { id }]) => {
        const connection = direct(text) ?? open(text)[0]
        return connection === undefined ? [] : [{ peer: id, connection }]
      })
    },
    dropLimited(peer) {
      for (const connection of open(peer)) {
        if (connection.limits != null && connection.direction === 'outbound') connection.abort(new Error('dial failed'))
      }
    },
    trim,
    release(peer) {
      void end(peer)
    },
    exchanges,
  }
}

/** Tells whether `connection` carries anything but libp2p's own traffic, greetings and pulses. */
function isInUse(connection: Connection): boolean {
  return connection.streams.some((stream) => isUse(stream.protocol))
}

function isSignalling(protocol: string): boolean {
  return protocol === HOP || protocol === STOP
}

/** Returns the muxer of a connection, a field that libp2p's interface does not show: only it reports streams before they negotiate. */
function muxerOf(connection: Connection): EventTarget | undefined {
  const muxer: unknown = 'muxer' in connection ? connection.muxer : undefined
  return muxer instanceof EventTarget ? muxer : undefined
}
