import type { PeerId as PeerIdOfLibp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createFrameMeter } from '../channels/frame-meter.ts'
import { isForeign } from '../identities.ts'

/** Longest message of the DHT, either way. SPEC DIR1. */
export const MAX_DHT_MESSAGE_BYTES = 16_384
/** Most addresses of one peer that are taken, and the longest of them. SPEC DIR2. */
export const MAX_ADDRESSES = 8
export const MAX_ADDRESS_BYTES = 256
/** Most addresses of one peer that are given: a message holds twenty peers with so many. */
const GIVEN_ADDRESSES = 4
/** Most messages that one peer may send at once, and their number per second after that. SPEC DIR1. */
const BURST = 400
const PER_SECOND = 40
/** Most peers whose pace is remembered. */
const MAX_PACED = 4_096

/** A peer in a message of the DHT. */
interface PeerInfo {
  readonly id: Uint8Array
  readonly multiaddrs: readonly Uint8Array[]
}

/** A message of the DHT, as kad-dht decodes it. */
interface DhtMessage {
  readonly type: string
  readonly clusterLevel?: number
  readonly key?: Uint8Array
  readonly providers: readonly PeerInfo[]
  readonly closer: readonly PeerInfo[]
}

/** The parts of kad-dht 16.4 that are guarded; no interface shows them. */
interface GuardedParts {
  readonly rpc: {
    onIncomingStream(stream: Stream, connection: unknown): Promise<void>
    handleMessage(from: PeerIdOfLibp2p, message: DhtMessage): Promise<DhtMessage | undefined>
  }
  readonly network: {
    _writeMessage(stream: Stream, message: unknown, options: unknown): Promise<void>
    _writeReadMessage(stream: Stream, message: unknown, options: unknown): Promise<DhtMessage>
  }
}

/**
 * Makes `dht` count bytes: it bounds messages before they are decoded, and their content before it is kept, and every answer fits one
 * message. Why: kad-dht takes messages of 4 MiB, keys of any kind and addresses without number.
 * Source: SPEC.md DIR1, DIR2.
 */
export function guardDht(dht: object): void {
  if (!hasGuardedParts(dht)) throw new Error('this kad-dht is not the one that this node knows')
  const { rpc, network } = dht
  const answer = rpc.handleMessage.bind(rpc)
  const serve = rpc.onIncomingStream.bind(rpc)
  const ask = network._writeReadMessage.bind(network)
  const pace = createPace()
  rpc.onIncomingStream = (stream, connection) => {
    boundMessages(stream)
    return serve(stream, connection)
  }
  rpc.handleMessage = async (from, message) => {
    if (!pace.allows(from.toString())) throw new Error('too many messages')
    const reply = await answer(from, acceptable(from, message))
    return reply && fitting(reply)
  }
  network._writeReadMessage = (stream, message, options) => {
    boundMessages(stream)
    return ask(stream, message, options)
  }
}

/** Ends `stream` as soon as the length of a message is too great. Call it in the turn in which the stream is handed over. */
function boundMessages(stream: Stream): void {
  const meter = createFrameMeter(MAX_DHT_MESSAGE_BYTES)
  stream.addEventListener('message', ({ data }) => {
    if (!meter.takes(data.subarray())) stream.abort(new Error('a message of the DHT is too long'))
  })
}

/** Returns the parts of `message` that may be handled. @throws Error when there are none */
function acceptable(from: PeerIdOfLibp2p, message: DhtMessage): DhtMessage {
  const { type, key = new Uint8Array() } = message
  if (type === 'PING')
    return { type, ...(message.clusterLevel !== undefined && { clusterLevel: message.clusterLevel }), providers: [], closer: [] }
  if (type === 'FIND_NODE') return { ...message, key: bounded(key, 64), providers: [], closer: [] }
  if (!isSha256(key)) throw new Error('only ids of 32 bytes are known here')
  if (type === 'GET_PROVIDERS') return { ...message, providers: [], closer: [] }
  if (type !== 'ADD_PROVIDER') throw new Error('this DHT keeps no values')
  const self = from.toMultihash().bytes
  const own = message.providers.find(({ id }) => isSame(id, self))
  if (own === undefined || isForeign(from)) throw new Error('peers announce themselves alone')
  return { ...message, providers: [{ ...own, multiaddrs: own.multiaddrs.filter(isAddress).slice(0, MAX_ADDRESSES) }], closer: [] }
}

/** Leaves out what does not fit one message: addresses of a peer beyond four, then peers, the last ones first. */
function fitting(reply: DhtMessage): DhtMessage {
  let room = MAX_DHT_MESSAGE_BYTES - 128 - (reply.key?.length ?? 0)
  const cut = (infos: readonly PeerInfo[]): PeerInfo[] =>
    infos.flatMap((info) => {
      const multiaddrs = info.multiaddrs.filter((bytes) => bytes.length <= MAX_ADDRESS_BYTES).slice(0, GIVEN_ADDRESSES)
      // At most four bytes precede a field.
      const bytes = 8 + info.id.length + multiaddrs.reduce((sum, one) => sum + 4 + one.length, 0)
      if (bytes > room) return []
      room -= bytes
      return [{ ...info, multiaddrs }]
    })
  // Providers get half of the room, since the message asked for them; closer peers get the rest.
  const whole = room
  room = whole / 2
  const providers = cut(reply.providers)
  room += whole / 2
  return { ...reply, providers, closer: cut(reply.closer) }
}

function isAddress(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_ADDRESS_BYTES) return false
  try {
    return multiaddr(bytes).getComponents().length > 0
  } catch {
    return false
  }
}

/** Tells whether `key` is a SHA-256 multihash, or the raw CIDv1 of one. */
function isSha256(key: Uint8Array): boolean {
  const hash = key.length === 36 && key[0] === 0x01 && key[1] === 0x55 ? key.subarray(2) : key
  return hash.length === 34 && hash[0] === 0x12 && hash[1] === 0x20
}

function bounded(key: Uint8Array, most: number): Uint8Array {
  if (key.length === 0 || key.length > most) throw new Error('this key is no name of a peer and no id')
  return key
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

/** Lets each peer send a fixed number of messages at once, and another number per second. */
function createPace(): { allows(peer: string): boolean } {
  const peers = new Map<string, { readonly left: number; readonly at: number }>()
  return {
    allows(peer) {
      const now = performance.now()
      const before = peers.get(peer) ?? { left: BURST, at: now }
      const left = Math.min(BURST, before.left + ((now - before.at) / 1_000) * PER_SECOND)
      peers.delete(peer)
      peers.set(peer, { left: Math.max(0, left - 1), at: now })
      const [longestSilent] = peers.keys()
      if (peers.size > MAX_PACED && longestSilent !== undefined) peers.delete(longestSilent)
      return left >= 1
    },
  }
}

function hasGuardedParts(dht: object): dht is GuardedParts {
  const { rpc, network }: Partial<Record<string, unknown>> = { ...dht }
  return hasMethods(rpc, ['onIncomingStream', 'handleMessage']) && hasMethods(network, ['_writeReadMessage'])
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function')
}
