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
  /** How many bytes to write at once, where there is a reason to write few; absent where there is none. */
  pieceBytes?(): number
  /** For how long, in milliseconds, this side itself has held the stream back so far: nobody else is to blame for it. */
  heldMs?(): number
}

/** A live connection. `isDirect` is true only where libp2p states no limits: data may flow. */
export interface Connection {
  readonly peer: PeerId
  readonly isDirect: boolean
  /** Multiaddr text of the far side: for fault domains and for people's eyes. */
  readonly address: string
  /** True for the programs that only introduce people. */
  readonly isRelay: boolean
}

/** Where the network stands, for the status line and for the supervisor. */
export interface NetworkState {
  readonly connections: readonly Connection[]
  /** `isSomebodyElse`: what answered last at this address has another identity than the address names. */
  readonly relays: readonly { readonly address: string; readonly isConnected: boolean; readonly isSomebodyElse?: boolean }[]
  /** Peers through which others can reach this one now. */
  readonly hops: readonly PeerId[]
}

/** Handles one incoming stream; when it returns or throws the stream is ended. */
export type ChannelHandler = (channel: Channel) => Promise<void>

/** Connections and streams between peers, and nothing about what they say. */
export interface Network {
  readonly self: PeerId
  /**
   * Opens a stream of `protocol` to `peer`, connecting directly first when needed (several tries with jitter).
   * `hops` are peers through which it was reachable lately.
   * @throws HoardError 'peer-unreachable' | 'stream-closed'; `signal.reason`
   */
  open(peer: PeerId, protocol: string, options?: { readonly signal?: AbortSignal; readonly hops?: readonly PeerId[] }): Promise<Channel>
  /** Answers `protocol` from now on; at most `maxInbound` streams per peer at once, over direct connections unless `isRelayedAllowed`. */
  handle(protocol: string, handler: ChannelHandler, options: { readonly maxInbound: number; readonly isRelayedAllowed?: boolean }): void
  state(): NetworkState
  /** Calls `listener` after every change of `state()`; returns how to stop. */
  watch(listener: () => void): () => void
}

/** Relay addresses that people add, and the end of the node. */
export interface NetworkControl {
  /**
   * Connects to the relay at `address` (multiaddr text), and again whenever it is lost.
   * @throws HoardError 'relay-unreachable'
   */
  addRelay(address: string, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Gives up the relay at `address`; nothing happens when there is none. */
  removeRelay(address: string): Promise<void>
  /** Says goodbye at the transport and stops. Never throws. */
  close(): Promise<void>
}
