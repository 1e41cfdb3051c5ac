import type { Connection, Libp2p } from '@libp2p/interface'
import { brandPeerId, type PeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { agreeMessageSize } from './message-size.ts'
import { answersPing } from './ping.ts'
import { HOP, STOP } from './protocols.ts'

/** More open inbound streams than this on one connection, whatever they negotiate, end it: WebRTC muxers have no cap of their own. */
const MAX_INBOUND_STREAMS = 64
/** Two connections in opposite directions this close together are two peers dialling each other at once. */
const CROSSED_MS = 15_000
/** How long a limited connection may stay beside a direct one: its far side may still be ending the signalling on it. */
const LIMITED_LINGER_MS = 10_000
/** How long a limited connection may take to become a direct one. */
const LIMITED_TRIAL_MS = 60_000
const IDLE_CHECK_MS = 5_000

/** The live connections of a node, by what they may carry. */
export interface Connections {
  /** The connection for data to `peer`: open and without limits, the newest; undefined when there is none. */
  direct(peer: string): Connection | undefined
  /** Any open connection to `peer`, for protocols that may be relayed. */
  any(peer: string): Connection | undefined
  /** One connection per peer, the direct one where there is one. */
  byPeer(): readonly { readonly peer: PeerId; readonly connection: Connection }[]
  /** Ends limited connections this node opened to `peer`; a failed dial leaves them half used. */
  dropLimited(peer: string): void
  /** Ends idle direct connections, the oldest first, while there are more than `budget`; peers in `keep` stay. */
  trim(budget: number, keep: ReadonlySet<string>): void
}

/** Watches `node`: the newest connection of a peer replaces the older, floods are cut, limited ones go once they are not needed. */
export function watchConnections(node: Libp2p, clock: Clock, closing: AbortSignal, onChange: () => void): Connections {
  const self = node.peerId.toString()
  const openedAt = new WeakMap<Connection, number>()
  const retiring = new WeakSet<Connection>()

  node.addEventListener('connection:open', ({ detail: connection }) => {
    openedAt.set(connection, clock.ran())
    capInboundStreams(connection)
    agreeMessageSize(connection)
    if (connection.limits == null) settle(connection)
    else void endLater(connection, LIMITED_TRIAL_MS)
    onChange()
  })
  node.addEventListener('connection:close', onChange)

  function open(peer: string): Connection[] {
    const all = node.getConnections().filter((connection) => connection.remotePeer.toString() === peer && connection.status === 'open')
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

  /** Both sides keep the connection that the lower peer id dialled, so that neither ends what the other keeps. */
  async function settleCrossed(older: Connection, newest: Connection): Promise<void> {
    const isMineKept = self < newest.remotePeer.toString()
    const kept = (newest.direction === 'outbound') === isMineKept ? newest : older
    const other = kept === newest ? older : newest
    retiring.add(other)
    // The peer may have restarted between the two: then the older one is dead and only the newest answers.
    if (kept === older && !(await answersPing(older, clock, closing))) {
      retiring.delete(newest)
      older.abort(new Error('replaced by a newer connection'))
      return
    }
    while (other.status === 'open' && isInUse(other)) await clock.wait(IDLE_CHECK_MS, { signal: closing })
    await clock.wait(IDLE_CHECK_MS, { signal: closing })
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

  return {
    direct,
    any: (peer) => direct(peer) ?? open(peer)[0],
    byPeer() {
      const peers = new Set(node.getConnections().map((connection) => connection.remotePeer.toString()))
      return [...peers].flatMap((peer) => {
        const connection = direct(peer) ?? open(peer)[0]
        return connection === undefined ? [] : [{ peer: brandPeerId(peer), connection }]
      })
    },
    dropLimited(peer) {
      for (const connection of open(peer)) {
        if (connection.limits != null && connection.direction === 'outbound') connection.abort(new Error('dial failed'))
      }
    },
    trim(budget, keep) {
      const now = clock.ran()
      const all = node.getConnections().filter((connection) => connection.limits == null && connection.status === 'open')
      const idle = all.filter((connection) => !keep.has(connection.remotePeer.toString()) && !isInUse(connection))
      const settled = idle.filter((connection) => now - (openedAt.get(connection) ?? now) > CROSSED_MS)
      settled.sort((a, b) => (openedAt.get(a) ?? 0) - (openedAt.get(b) ?? 0))
      for (const connection of settled.slice(0, Math.max(0, all.length - budget))) void connection.close().catch(() => {})
    },
  }
}

/** Tells whether anything but libp2p's own chatter runs over `connection`. */
function isInUse(connection: Connection): boolean {
  return connection.streams.some(
    (stream) => stream.protocol.startsWith('/scatterhoard/') && !stream.protocol.startsWith('/scatterhoard/kad/'),
  )
}

function isSignalling(protocol: string): boolean {
  return protocol === HOP || protocol === STOP
}

/** libp2p's connections have their muxer as a field that the interface does not show; it alone tells of streams before they negotiate. */
function muxerOf(connection: Connection): EventTarget | undefined {
  const muxer: unknown = 'muxer' in connection ? connection.muxer : undefined
  return muxer instanceof EventTarget ? muxer : undefined
}
