import type { Bytes } from '../core/bytes.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { type AskOptions, openWire, outOfTurn, receiveMessage, sendMessage } from './conversation.ts'
import { ACKNOWLEDGE_BYTES, CHECK_WAIT_MS, DATA_FRAME_BYTES, MOST_WINDOW_BYTES, SMALLEST_FRAME_BYTES, STORE_WAIT_MS } from './limits.ts'
import { refused } from './refusal.ts'
import { type Admission, refusalAnswer, shardAnswers, shardRequests, type ShardHost, type StoreRequest } from './shard-messages.ts'
import { createWindow, type Window } from './pace/window.ts'
import type { Wire } from './wire.ts'
import { codeOf } from '../core/errors.ts'
import type { PeerId } from '../core/ids.ts'

/** The course of a STORE that the holder takes. */
export type StoreExchange =
  | { readonly is: 'kept'; readonly claim: Bytes }
  | {
      readonly is: 'wanted'
      /** Offset in the shard at which to go on: the holder has everything before it. */
      readonly from: number
      /**
       * Sends the next bytes of the shard, in order from `from` on; resolves when the window has room for more. One call at a time.
       * @throws HoardError 'holder-refused' | 'holder-silent' | 'stream-closed'; `signal.reason`
       */
      send(bytes: Uint8Array): Promise<void>
      /** Resolves once the holder has checked the whole shard and signed its claim, which is returned unchecked. Throws like `send`. */
      finish(): Promise<Bytes>
      /** Ends the store; the holder keeps what it has for 24 hours. */
      abort(): void
    }

/** The content of a STORE. */
export interface ShardOffer {
  readonly descriptor: Uint8Array
  readonly charter: Uint8Array
  readonly index: number
  /** The owner's signature, by the group key, over this holder, segment and index: without it nobody keeps the shard. */
  readonly permit?: Uint8Array
}

/** Options of `askToStore`. */
export interface StoreOptions extends AskOptions {
  /** The line calls it as the holder acknowledges: everything before `offset` is on its disk. */
  readonly onAcknowledged?: ((offset: number) => void) | undefined
}

/** An open stream over which one STORE after the other may go. */
export interface StoreLine {
  readonly wire: Wire
  readonly window: Window
  /** Takes the line back once a store on it has ended well, or was refused before any of its bytes were sent. */
  readonly onFree: (line: StoreLine) => void
}

/**
 * Offers `peer` the shard `index` of a segment over a stream of its own and returns its answer.
 * @throws HoardError 'holder-refused' {refusal} | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed';
 * `signal.reason`
 * Source: SPEC.md STO1..STO6.
 */
export async function askToStore(
  network: Network,
  clock: Clock,
  peer: PeerId,
  offer: ShardOffer,
  options: StoreOptions = {},
): Promise<StoreExchange> {
  const wire = await openWire(network, clock, peer, 'shard', options)
  return storeOn({ wire, window: createWindow(clock), onFree: () => void wire.close() }, offer, options)
}

/** Like `askToStore`, over an open and free line. After any error but a refusal the line is dropped. */
export async function storeOn(line: StoreLine, offer: ShardOffer, { signal, onAcknowledged }: StoreOptions): Promise<StoreExchange> {
  const { wire } = line
  try {
    const descriptor = new Uint8Array(offer.descriptor)
    const charter = new Uint8Array(offer.charter)
    const permit = offer.permit && new Uint8Array(offer.permit)
    const request = { is: 'store', descriptor, charter, index: offer.index, ...(permit && { permit }) } as const
    await sendMessage(wire, shardRequests, request, { signal })
    return await readAdmission(line, { signal, onAcknowledged })
  } catch (error) {
    if (codeOf(error) !== 'holder-refused') wire.abort()
    throw error
  }
}

/** Returns the holder's answer to an offer that was sent over the line. Throws like `storeOn`, and leaves the line as it is. */
export async function readAdmission(line: StoreLine, { signal, onAcknowledged }: StoreOptions): Promise<StoreExchange> {
  // A holder that has the bytes under another descriptor digests them before it promises them again.
  const message = await receiveMessage(line.wire, shardAnswers, { signal, waitMs: CHECK_WAIT_MS })
  if (message.is === 'wanted') return sendingTurn(line, message.from, signal, onAcknowledged)
  if (message.is !== 'refused' && message.is !== 'kept') outOfTurn(line.wire, message.is)
  line.onFree(line)
  if (message.is === 'refused') throw refused(message.refusal, message.kept)
  return { is: 'kept', claim: message.claim }
}

/**
 * Takes the bytes of one STORE and answers it. Returns whether the stream may go on: it may not after a refusal in the middle.
 * Source: SPEC.md STO1, STO6.
 */
export async function handleStore(wire: Wire, host: ShardHost, request: StoreRequest): Promise<'goes on' | 'is over'> {
  return takeShard(wire, await host.admit(wire.peer, request))
}

/** Takes the bytes of an admitted shard and answers. Returns whether the stream may go on. SPEC STO1, STO6. */
export async function takeShard(wire: Wire, admission: Admission): Promise<'goes on' | 'is over'> {
  if (admission.is === 'kept') {
    await sendMessage(wire, shardAnswers, { is: 'kept', claim: admission.claim })
    return 'goes on'
  }
  let claim: Bytes
  try {
    await takeBytes(wire, admission)
    claim = await admission.finish()
  } catch (error) {
    // Release before the answer: its reader may come again at once.
    await admission.release()
    const refusal = refusalAnswer(error)
    if (refusal === undefined) throw error
    await sendMessage(wire, shardAnswers, refusal)
    await readOut(wire)
    return 'is over'
  }
  await admission.release()
  await sendMessage(wire, shardAnswers, { is: 'kept', claim })
  return 'goes on'
}

async function takeBytes(wire: Wire, admission: Extract<Admission, { is: 'wanted' }>): Promise<void> {
  let offset = admission.from
  await sendMessage(wire, shardAnswers, { is: 'wanted', from: offset })
  for (let acknowledged = offset; offset < admission.length;) {
    const frame = await wire.readFrame(Math.min(DATA_FRAME_BYTES, admission.length - offset), {
      signal: admission.signal,
      waitMs: STORE_WAIT_MS,
    })
    if (frame.length === 0) outOfTurn(wire, 'empty data frame')
    await admission.write(frame)
    offset += frame.length
    if (offset - acknowledged >= ACKNOWLEDGE_BYTES) {
      acknowledged = offset
      await sendMessage(wire, shardAnswers, { is: 'acknowledged', offset })
    }
  }
}

function sendingTurn(
  line: StoreLine,
  from: number,
  signal: AbortSignal | undefined,
  onAcknowledged: ((offset: number) => void) | undefined,
): StoreExchange {
  const { wire, window } = line
  let sent = from
  let acknowledged = from
  let isFree = false

  function acknowledge(offset: number): void {
    window.take(offset - acknowledged)
    acknowledged = offset
    onAcknowledged?.(offset)
  }

  /** Reads one answer; returns the claim when the holder is done. */
  async function readAnswer(waitMs: number): Promise<Bytes | undefined> {
    const message = await receiveMessage(wire, shardAnswers, { signal, waitMs })
    if (message.is === 'refused') {
      wire.abort()
      throw refused(message.refusal, message.kept)
    }
    if (message.is === 'kept') {
      acknowledge(sent)
      return message.claim
    }
    if (message.is !== 'acknowledged' || message.offset <= acknowledged || message.offset > sent) outOfTurn(wire, message.is)
    acknowledge(message.offset)
    return undefined
  }

  async function sendFrame(frame: Uint8Array): Promise<void> {
    while (!window.fits(frame.length)) {
      if (await readAnswer(STORE_WAIT_MS)) outOfTurn(wire, 'kept')
    }
    window.add(frame.length)
    await wire.writeFrame(frame, { signal })
    sent += frame.length
  }

  return {
    is: 'wanted',
    from,
    send: async (bytes) => {
      for (let at = 0, end = 0; at < bytes.length; at = end) {
        end = Math.min(bytes.length, at + Math.min(wire.frameBytes(), Math.max(SMALLEST_FRAME_BYTES, window.size >> 1)))
        await sendFrame(bytes.subarray(at, end))
      }
    },
    finish: async () => {
      for (;;) {
        const claim = await readAnswer(CHECK_WAIT_MS)
        if (claim === undefined) continue
        window.clear()
        isFree = true
        line.onFree(line)
        return claim
      }
    },
    abort: () => {
      // Once it is finished, the line may carry another store.
      if (!isFree) wire.abort()
    },
  }
}

/**
 * Reads what was under way when the holder refused, so that the far side reads the refusal before the stream ends. Bounded by the window.
 */
export async function readOut(wire: Wire): Promise<void> {
  for (let left = MOST_WINDOW_BYTES; left > 0;) {
    const frame = await wire.readFrameOrEnd(DATA_FRAME_BYTES)
    if (frame === undefined) return
    left -= Math.max(1, frame.length)
  }
}
