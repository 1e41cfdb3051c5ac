import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Connection, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { decode } from 'cborg'
import { createLibp2p } from 'libp2p'
import { createChannel, createUnreadMeter } from '../src/adapters/libp2p/channels/channel.ts'
import { createTimerClock } from '../src/adapters/clock/timer-clock.ts'
import { concatBytes } from '../src/core/bytes.ts'
import { brandPeerId } from '../src/core/ids.ts'
import { protocolOf } from '../src/protocol/conversation.ts'
import { CONTROL_BYTES } from '../src/protocol/limits.ts'
import { refusalShape, type Refusal } from '../src/protocol/refusal.ts'
import { createWire } from '../src/protocol/wire.ts'
import { encoded, framed, varint, version, type Message } from './hostile-bytes.ts'
import { codeOf } from '../src/core/errors.ts'

/** Names of the conversations that a holder answers. */
export const conversations = ['hello', 'shard', 'group', 'peers'] as const
/** The name of one conversation. */
export type Conversation = (typeof conversations)[number]

/**
 * The outcome of an attack. `dropped` = the stream ended without an answer: a reset, or a channel that closed so quickly that the reset in
 * it was lost.
 */
export type Verdict = 'answered' | `refused ${Refusal}` | 'dropped' | 'silence'

/** A stream over which any bytes can be sent. */
export interface RawStream {
  /** Sends bytes as they are; the verdict shows whether the far side still takes them. */
  send(bytes: Uint8Array): Promise<void>
  /** Ends this side of the stream. */
  finish(): void
  /** Returns the far side's reaction: its next message, or the end. Streams of its own end with it. */
  verdict(): Promise<Verdict>
  reset(): void
}

/** A libp2p peer that breaks the rules. */
export interface Attacker {
  /** Opens a stream over the one connection to the victim, and connects again when the victim has ended it. */
  open(conversation: Conversation): Promise<RawStream>
  /** Opens `count` streams at once; streams that fail to open count as dropped. Without a conversation they do not even name one. */
  flood(count: number, conversation?: Conversation): Promise<readonly RawStream[]>
  /** Ends the connection. */
  hangUp(): void
  close(): Promise<void>
}

/** Longer than every deadline of a holder: an attack that takes longer has made it hang. */
const HANG_MS = 45_000
const DIAL_MS = 20_000
const DIALS = 5
const OPEN_MS = 12_000
const OPENS = 3
const clock = createTimerClock()
/** Number of the message that carries a refusal. */
const refusedBy: Partial<Record<Conversation, number>> = { shard: 1, group: 3 }

/** Starts a peer that reaches `victim` over WebRTC, introduced by the relay at `relayAddress`. */
export async function createAttacker(relayAddress: string, victim: string): Promise<Attacker> {
  const node = await createLibp2p({
    addresses: { listen: [] },
    transports: [
      webSockets(),
      webRTC({ rtcConfiguration: { iceServers: [] }, dataChannel: { maxMessageSize: 262_144 } }),
      circuitRelayTransport(),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
    services: { identify: identify({ runOnLimitedConnection: true }) },
  })
  let connection: Connection | undefined

  async function connected(): Promise<Connection> {
    for (let dials = 1; connection?.status !== 'open' || connection.limits != null; dials++) {
      try {
        const way = multiaddr(`${relayAddress}/p2p-circuit/webrtc/p2p/${victim}`)
        connection = await node.dial(way, { signal: AbortSignal.timeout(DIAL_MS) })
      } catch (error) {
        if (dials >= DIALS) throw error
      }
    }
    return connection
  }

  async function open(conversation: Conversation): Promise<RawStream> {
    const over = await connected()
    const signal = AbortSignal.timeout(OPEN_MS)
    return rawStream(await over.newStream(protocolOf(conversation), { signal, maxOutboundStreams: 2000 }), victim, conversation)
  }

  /**
   * Opens a stream, again if it is lost: in Node a channel sometimes takes the number of one that is not quite closed and is lost with it.
   */
  async function openSurely(conversation: Conversation): Promise<RawStream> {
    for (let tries = 1; ; tries++) {
      try {
        return await open(conversation)
      } catch (error) {
        if (tries >= OPENS) throw error
      }
    }
  }

  async function openMute(): Promise<RawStream> {
    const over: object = await connected()
    if (!('muxer' in over) || !hasStreams(over.muxer)) throw new Error('this connection has no muxer')
    return rawStream(await over.muxer.createStream(), victim, undefined)
  }

  return {
    open: openSurely,
    async flood(count, conversation) {
      await connected()
      const opening = Array.from({ length: count }, () => (conversation === undefined ? openMute() : open(conversation)))
      return (await Promise.allSettled(opening)).map((one) => (one.status === 'fulfilled' ? one.value : notOpened(one.reason)))
    },
    hangUp() {
      connection?.abort(new Error('enough'))
    },
    close: async () => node.stop(),
  }
}

/** Sends `bytes` on a stream of their own and returns its verdict. */
export async function say(by: Attacker, conversation: Conversation, ...bytes: readonly Uint8Array[]): Promise<Verdict> {
  const stream = await by.open(conversation)
  await stream.send(concatBytes(...bytes))
  stream.finish()
  const verdict = await stream.verdict()
  stream.reset()
  return verdict
}

/** Offers several pieces, one after the other, each on a stream of its own that stays open. */
export async function together(by: Attacker, offers: readonly Message[]): Promise<string> {
  const streams: RawStream[] = []
  const verdicts: Verdict[] = []
  for (const offer of offers) {
    const stream = await by.open('shard')
    streams.push(stream)
    await stream.send(concatBytes(version, framed(encoded(offer))))
    verdicts.push(await stream.verdict())
  }
  for (const stream of streams) stream.reset()
  return verdicts.join(', ')
}

/** Opens as many streams as a peer may have, silent before the first message, within it, and within a piece. */
export async function keepSilent(by: Attacker, offer: Message): Promise<string> {
  const begun = await by.open('shard')
  await begun.send(concatBytes(version, framed(encoded(offer))))
  if ((await begun.verdict()) !== 'answered') throw new Error('an offer is not taken')
  await begun.send(varint(2056))
  const streams = [begun, ...(await by.flood(8))]
  for (const conversation of conversations) {
    const mute = await by.flood(7, conversation)
    await mute[1]?.send(version)
    await mute[2]?.send(concatBytes(version, varint(60_000), new Uint8Array(100)))
    streams.push(...mute)
  }
  return outcomeOf(streams)
}

/** Opens 1,000 streams, and leaves no connection for the next attack. */
export async function flood(by: Attacker, conversation?: Conversation): Promise<string> {
  const outcome = await outcomeOf(await by.flood(1000, conversation))
  by.hangUp()
  return outcome
}

/** Returns 'dropped' when every one of the streams has ended. */
async function outcomeOf(streams: readonly RawStream[]): Promise<string> {
  const verdicts = await Promise.all(streams.map((stream) => stream.verdict()))
  return [...new Set<string>(verdicts)].join(', ')
}

function rawStream(stream: Stream, victim: string, conversation: Conversation | undefined): RawStream {
  const channel = createChannel(stream, brandPeerId(victim), createUnreadMeter())
  const wire = createWire(channel, clock)
  return {
    send: (bytes) => channel.write(bytes).catch(() => undefined),
    finish: () => void channel.close(),
    async verdict() {
      try {
        const frame = await wire.readFrameOrEnd(CONTROL_BYTES, { waitMs: HANG_MS })
        if (frame === undefined) return 'dropped'
        const message: unknown = decode(frame.subarray(1), { useMaps: true })
        if (!(message instanceof Map)) throw new Error('an answer that is no message')
        const isRefused = conversation !== undefined && message.get(1) === refusedBy[conversation]
        return isRefused ? `refused ${refusalShape.read(message.get(2))}` : 'answered'
      } catch (error) {
        const code = codeOf(error)
        if (code === 'holder-silent') return 'silence'
        if (code === 'stream-closed') return 'dropped'
        throw error
      }
    },
    reset: () => channel.abort(),
  }
}

/** Returns a stream that was never opened, because the far side refused it or its deadline passed. */
function notOpened(reason: unknown): RawStream {
  const isLate = reason instanceof DOMException && reason.name === 'TimeoutError'
  return { send: async () => {}, finish: () => {}, verdict: async () => (isLate ? 'silence' : 'dropped'), reset: () => {} }
}

function hasStreams(muxer: unknown): muxer is { createStream(): Promise<Stream> } {
  return typeof muxer === 'object' && muxer !== null && 'createStream' in muxer && typeof muxer.createStream === 'function'
}
