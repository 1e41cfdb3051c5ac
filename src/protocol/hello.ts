import { bytesOf, flag, text, uint, type ValueOf } from '../core/encoding.ts'
import { record } from '../core/encoding.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { answer, type AskOptions, converse, openWire, outOfTurn, receiveMessage, receiveMessageOrEnd, sendMessage } from './conversation.ts'
import { IDLE_MS } from './limits.ts'
import { messageFormat } from './message.ts'
import type { Wire } from './wire.ts'
import type { PeerId } from '../core/ids.ts'

const helloFields = {
  /** Browser engine or `node`, as the peer says: a fault domain. */
  engine: text(64),
  /** The peer believes that its storage survives pressure. */
  isPersisted: flag,
  /** The peer keeps pieces for others now. */
  isHolder: flag,
  /** Bytes that the peer is willing to keep for others. */
  offer: uint(),
  /** Bytes of the offer that are free. */
  room: uint(),
  /** 16 bytes, drawn anew whenever anything kept was lost. */
  storeEpoch: bytesOf(16),
  /** Unix milliseconds of its clock. */
  clock: uint(),
}

const helloShape = record(helloFields)

/** A peer's statement about itself. Every field is a hint: nothing is decided by it alone. SPEC HEL1. */
export type Hello = ValueOf<typeof helloShape>

/** The answering side of hello: its own hello, and what it does with those of others. */
export interface HelloHost {
  mine(): Hello
  onHello(peer: PeerId, hello: Hello): void
  /** The round trip to a peer that has said hello took so long. */
  onRoundTrip?(peer: PeerId, latencyMs: number): void
  /** The peer said that it leaves. */
  onGoodbye?(peer: PeerId): void
  /** The peer ends the connection, because it is idle, and stays reachable. */
  onRest?(peer: PeerId): void
}

/** Messages of either side of hello. SPEC HEL1, HEL2, HEL3, HEL4. */
export const helloMessages = messageFormat('hello', { hello: helloFields, goodbye: {}, pulse: {}, rest: {} })

/**
 * Says hello to `peer` and returns its answer, with the time the answer took.
 * @throws HoardError 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed'; `signal.reason`
 * Source: SPEC.md HEL1.
 */
export function askHello(
  network: Network,
  clock: Clock,
  peer: PeerId,
  mine: Hello,
  options: AskOptions = {},
): Promise<{ readonly hello: Hello; readonly latencyMs: number }> {
  return converse(network, clock, peer, 'hello', options, async (wire) => {
    const askedAt = clock.ran()
    await sendMessage(wire, helloMessages, { is: 'hello', ...mine }, options)
    const message = await receiveMessage(wire, helloMessages, options)
    if (message.is !== 'hello') outOfTurn(wire, message.is)
    const { is: _is, ...hello } = message
    return { hello, latencyMs: Math.max(0, clock.ran() - askedAt) }
  })
}

/**
 * Tells `peer` that this peer leaves.
 * @throws those of `askHello`
 * Source: SPEC.md HEL2.
 */
export function sayGoodbye(network: Network, clock: Clock, peer: PeerId, options: AskOptions = {}): Promise<void> {
  return converse(network, clock, peer, 'hello', options, (wire) => sendMessage(wire, helloMessages, { is: 'goodbye' }, options))
}

/**
 * Tells `peer` that the connection to it ends because nobody uses it, and that this peer stays; resolves once `peer` knows.
 * @throws those of `askHello`
 * Source: SPEC.md HEL4.
 */
export function sayRest(network: Network, clock: Clock, peer: PeerId, options: AskOptions = {}): Promise<void> {
  return converse(network, clock, peer, 'hello', options, async (wire) => {
    await sendMessage(wire, helloMessages, { is: 'rest' }, options)
    const message = await receiveMessage(wire, helloMessages, options)
    if (message.is !== 'rest') outOfTurn(wire, message.is)
  })
}

/** A stream that carries nothing but pulses, which show that its peer is still there. */
export interface Pulse {
  /**
   * Returns the milliseconds that the far side took to answer.
   * @throws HoardError 'holder-silent' | 'wire-malformed' | 'stream-closed'; `signal.reason`
   */
  beat(): Promise<number>
  /** Never throws. */
  close(): void
}

/**
 * Opens a pulse to `peer`.
 * @throws HoardError 'peer-unreachable' | 'stream-closed'; `signal.reason`
 * Source: SPEC.md HEL3.
 */
export async function openPulse(network: Network, clock: Clock, peer: PeerId, options: AskOptions = {}): Promise<Pulse> {
  const wire = await openWire(network, clock, peer, 'hello', options)
  const { signal } = options
  return {
    async beat() {
      const askedAt = clock.ran()
      await sendMessage(wire, helloMessages, { is: 'pulse' }, { signal })
      const message = await receiveMessage(wire, helloMessages, { signal })
      if (message.is !== 'pulse') outOfTurn(wire, message.is)
      return Math.max(0, clock.ran() - askedAt)
    },
    close: () => wire.abort(),
  }
}

/** Answers hello, goodbye, pulses and rests from now on. SPEC HEL1, HEL2, HEL3, HEL4. */
export function handleHello(network: Network, clock: Clock, host: HelloHost): void {
  answer(network, clock, 'hello', async (wire) => {
    const message = await receiveMessage(wire, helloMessages)
    if (message.is === 'pulse') return answerPulses(wire)
    if (message.is === 'goodbye') {
      host.onGoodbye?.(wire.peer)
      return
    }
    if (message.is === 'rest') {
      host.onRest?.(wire.peer)
      return sendMessage(wire, helloMessages, { is: 'rest' })
    }
    const { is: _is, ...hello } = message
    await sendMessage(wire, helloMessages, { is: 'hello', ...host.mine() })
    const answeredAt = clock.ran()
    host.onHello(wire.peer, hello)
    // The asking side ends the stream once it has the answer.
    if ((await receiveMessageOrEnd(wire, helloMessages)) === undefined) host.onRoundTrip?.(wire.peer, Math.max(0, clock.ran() - answeredAt))
  })
}

async function answerPulses(wire: Wire): Promise<void> {
  for (let isThere = true; isThere;) {
    await sendMessage(wire, helloMessages, { is: 'pulse' })
    const message = await receiveMessageOrEnd(wire, helloMessages, { waitMs: IDLE_MS })
    if (message !== undefined && message.is !== 'pulse') outOfTurn(wire, message.is)
    isThere = message !== undefined
  }
}
