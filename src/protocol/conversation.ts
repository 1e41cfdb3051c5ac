import type { Format } from '../core/encoding.ts'
import { HoardError, codeOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { MAX_INBOUND } from './limits.ts'
import { createWire, type FrameOptions, type Wire } from './wire.ts'
import type { PeerId } from '../core/ids.ts'

/** Options of every ask: the signal that ends it, and peers through which the far side was reachable lately. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined
  readonly hops?: readonly PeerId[] | undefined
}

/** Returns the protocol id of the conversation `name`. SPEC WIR1. */
export function protocolOf(name: string): string {
  return `/scatterhoard/${name}/1`
}

/** Opens a stream of the conversation `name` to `peer`. Throws HoardError 'peer-unreachable' | 'stream-closed'; `signal.reason`. */
export async function openWire(network: Network, clock: Clock, peer: PeerId, name: string, options: AskOptions): Promise<Wire> {
  options.signal?.throwIfAborted()
  const { signal, hops } = options
  const channel = await network.open(peer, protocolOf(name), { ...(signal && { signal }), ...(hops && { hops }) })
  return createWire(channel, clock)
}

/** Runs one short conversation over a stream of its own and ends the stream. Rethrows what `run` throws. */
export async function converse<T>(
  network: Network,
  clock: Clock,
  peer: PeerId,
  name: string,
  options: AskOptions,
  run: (wire: Wire) => Promise<T>,
): Promise<T> {
  const wire = await openWire(network, clock, peer, name, options)
  try {
    const result = await run(wire)
    await wire.close()
    return result
  } catch (error) {
    wire.abort()
    throw error
  }
}

/** Answers the conversation `name` from now on. When a handler throws, its stream is dropped; only an error without a code is thrown on. */
export function answer(network: Network, clock: Clock, name: string, run: (wire: Wire) => Promise<void>): void {
  network.handle(
    protocolOf(name),
    async (channel) => {
      const wire = createWire(channel, clock)
      try {
        await run(wire)
        await wire.close()
      } catch (error) {
        wire.abort()
        // An error without a code is a bug of ours: throw it on, so that tests see it.
        if (codeOf(error) === undefined) throw error
      }
    },
    { maxInbound: MAX_INBOUND },
  )
}

/** Sends one message of `format`. */
export function sendMessage<T>(wire: Wire, format: Format<T>, message: T, options?: FrameOptions): Promise<void> {
  return wire.writeFrame(format.encode(message), options)
}

/**
 * Returns the next message of `format`.
 * @throws HoardError 'wire-malformed' (and the stream is dropped) | those of `readFrame`
 */
export async function receiveMessage<T>(wire: Wire, format: Format<T>, options?: FrameOptions): Promise<T> {
  return decodeMessage(wire, format, await wire.readFrame(format.maxBytes, options))
}

/** Like `receiveMessage`; returns undefined when the far side has ended its side of the stream. */
export async function receiveMessageOrEnd<T>(wire: Wire, format: Format<T>, options?: FrameOptions): Promise<T | undefined> {
  const frame = await wire.readFrameOrEnd(format.maxBytes, options)
  return frame === undefined ? undefined : decodeMessage(wire, format, frame)
}

/** Drops the stream and throws the error for a message that is out of turn. */
export function outOfTurn(wire: Wire, is: string): never {
  wire.abort()
  throw new HoardError('wire-malformed', { reason: 'message out of turn', is })
}

function decodeMessage<T>(wire: Wire, format: Format<T>, frame: Uint8Array): T {
  try {
    return format.decode(frame)
  } catch (error) {
    wire.abort()
    if (!(error instanceof HoardError) || error.code !== 'format-invalid') throw error
    throw new HoardError('wire-malformed', error.facts, error)
  }
}
