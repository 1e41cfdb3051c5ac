import type { Bytes } from '../core/bytes.ts'
import type { PeerId } from '../core/ids.ts'

/** A two-way byte stream to one peer, over a direct connection unless the protocol allows others. */
export interface Channel {
  readonly peer: PeerId
  /**
   * Resolves once `bytes` are handed to the network and it has room for more.
   * @throws HoardError 'stream-closed'
   */
  write(bytes: Uint8Array): Promise<void>
  /**
   * Returns the next bytes in order, at least one, or undefined after the far side has closed its end.
   * At most 4 MiB wait unread; a peer that sends more without being asked is cut off.
   * @throws HoardError 'stream-closed' on a reset; `signal.reason`
   */
  read(options?: { readonly signal?: AbortSignal }): Promise<Bytes | undefined>
  /** Closes this end after what was written; the far side reads it to its end. Never throws. */
  close(): Promise<void>
  /** Drops the stream in both directions at once. Never throws. */
  abort(): void
  /** Calls `listener` with the number of bytes whenever some come, read or not, and at once with those that have come already. */
  watchArrivals(listener: (bytes: number) => void): void
  /** Number of bytes to write at once, where small pieces are better; absent where there is no reason for them. */
  pieceBytes?(): number
  /** Milliseconds for which this side itself has held the stream back so far: the far side is not to blame for them. */
  heldMs?(): number
  /** When 4 KiB last moved to or from the peer, over any of its streams, by the clock's `ran`; undefined before. */
  movedAt?(): number | undefined
}

/** A live connection. `isDirect` is true only where libp2p states no limits: data may flow. */
export interface Connection {
  readonly peer: PeerId
  readonly isDirect: boolean
  /** Multiaddr text of the far side: for fault domains and for people to read. */
  readonly address: string
  /** True for relays, which only introduce peers to each other. */
  readonly isRelay: boolean
  /** True where the far side opened it; absent where that is not known. */
  readonly isInbound?: boolean
}

/** State of the network, for the status line and for the supervisor. */
export interface NetworkState {
  readonly connections: readonly Connection[]
  /** `isSomebodyElse`: the last answer at this address came from another identity than the address names. */
  readonly relays: readonly { readonly address: string; readonly isConnected: boolean; readonly isSomebodyElse?: boolean }[]
  /** Peers through which others can reach this one now. */
  readonly hops: readonly PeerId[]
  /** Peers that others reach through this one: their connections are of use while nothing is said over them. */
  readonly guests?: readonly PeerId[]
}

/** Handles one incoming stream, which ends when the handler returns or throws. */
export type ChannelHandler = (channel: Channel) => Promise<void>

/** Opens connections and streams between peers, whatever they say over them. */
export interface Network {
  readonly self: PeerId
  /**
   * Opens a stream of `protocol` to `peer`, connecting directly first when needed (several tries with jitter).
   * `hops` are peers through which `peer` was reachable lately.
   * @throws HoardError 'peer-unreachable' | 'stream-closed'; `signal.reason`
   */
  open(peer: PeerId, protocol: string, options?: { readonly signal?: AbortSignal; readonly hops?: readonly PeerId[] }): Promise<Channel>
  /** Answers `protocol` from now on; at most `maxInbound` streams per peer at once, over direct connections unless `isRelayedAllowed`. */
  handle(protocol: string, handler: ChannelHandler, options: { readonly maxInbound: number; readonly isRelayedAllowed?: boolean }): void
  state(): NetworkState
  /** Ends the connection to `peer`, with all its streams; does nothing when there is none. The next `open` connects anew. Never throws. */
  release(peer: PeerId): void
  /** Calls `listener` after every change of `state()`; returns how to stop. */
  watch(listener: () => void): () => void
}

/** Adds and removes the relays of people, and ends the node. */
export interface NetworkControl {
  /**
   * Connects to the relay at `address` (multiaddr text), and again whenever it is lost.
   * @throws HoardError 'relay-unreachable'
   */
  addRelay(address: string, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Gives up the relay at `address`; does nothing when there is none. */
  removeRelay(address: string): Promise<void>
  /** Says goodbye at the transport and stops. Never throws. */
  close(): Promise<void>
}
