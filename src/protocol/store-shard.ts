import type { Bytes } from '../core/bytes.ts'
import type { PeerId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { type AskOptions, openWire, outOfTurn, receiveMessage, sendMessage } from './conversation.ts'
import { ACKNOWLEDGE_BYTES, CHECK_WAIT_MS, DATA_FRAME_BYTES, SENT_FRAME_BYTES, STORE_WAIT_MS, STORE_WINDOW_BYTES } from './limits.ts'
import { refusalFor, refused } from './refusal.ts'
import { type Admission, shardAnswers, shardRequests, type ShardHost, type StoreRequest } from './shard-messages.ts'
import type { Wire } from './wire.ts'

/** What follows a STORE that the holder takes. */
export type StoreTurn =
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
      /** Ends the turn; what the holder has it keeps for 24 hours. */
      abort(): void
    }

/** Options of `askToStore`. */
export interface StoreOptions extends AskOptions {
  /** Called as the holder acknowledges: everything before `offset` is on its disk. */
  readonly onAcknowledged?: ((offset: number) => void) | undefined
}

/**
 * Offers `peer` the shard `index` of a segment and returns what it says.
 * @throws HoardError 'holder-refused' {refusal} | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed'; `signal.reason`
 * Source: SPEC.md STO1..STO6.
 */
export async function askToStore(
  network: Network,
  clock: Clock,
  peer: PeerId,
  request: { readonly descriptor: Uint8Array; readonly charter: Uint8Array; readonly index: number },
  options: StoreOptions = {},
): Promise<StoreTurn> {
  const wire = await openWire(network, clock, peer, 'shard', options)
  const { signal, onAcknowledged } = options
  try {
    const descriptor = new Uint8Array(request.descriptor)
    const charter = new Uint8Array(request.charter)
    await sendMessage(wire, shardRequests, { is: 'store', descriptor, charter, index: request.index }, { signal })
    // Bytes that it has under another descriptor are digested before they are promised again.
    const message = await receiveMessage(wire, shardAnswers, { signal, waitMs: CHECK_WAIT_MS })
    if (message.is === 'refused') throw refused(message.refusal)
    if (message.is === 'kept') {
      await wire.close()
      return { is: 'kept', claim: message.claim }
    }
    if (message.is !== 'wanted') outOfTurn(wire, message.is)
    return sendingTurn(wire, message.from, signal, onAcknowledged)
  } catch (error) {
    wire.abort()
    throw error
  }
}

/** Takes the bytes of one STORE and answers it. The stream is the store's own from here on. SPEC STO. */
export async function handleStore(wire: Wire, host: ShardHost, request: StoreRequest): Promise<void> {
  const admission = await host.admit(wire.peer, request)
  if (admission.is === 'kept') {
    await sendMessage(wire, shardAnswers, { is: 'kept', claim: admission.claim })
    return
  }
  let claim: Bytes
  try {
    await takeBytes(wire, admission)
    claim = await admission.finish()
  } catch (error) {
    // Before the answer: whoever reads it may come again at once.
    admission.release()
    const refusal = refusalFor(error)
    if (refusal === undefined) throw error
    await sendMessage(wire, shardAnswers, { is: 'refused', refusal })
    await readOut(wire)
    return
  }
  admission.release()
  await sendMessage(wire, shardAnswers, { is: 'kept', claim })
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
  wire: Wire,
  from: number,
  signal: AbortSignal | undefined,
  onAcknowledged: ((offset: number) => void) | undefined,
): StoreTurn {
  let sent = from
  let acknowledged = from

  /** Reads one answer; returns the claim when the holder is done. */
  async function readAnswer(waitMs: number): Promise<Bytes | undefined> {
    const message = await receiveMessage(wire, shardAnswers, { signal, waitMs })
    if (message.is === 'refused') {
      wire.abort()
      throw refused(message.refusal)
    }
    if (message.is === 'kept') {
      onAcknowledged?.(sent)
      return message.claim
    }
    if (message.is !== 'acknowledged' || message.offset <= acknowledged || message.offset > sent) outOfTurn(wire, message.is)
    acknowledged = message.offset
    onAcknowledged?.(acknowledged)
    return undefined
  }

  async function sendFrame(frame: Uint8Array): Promise<void> {
    while (sent - acknowledged + frame.length > STORE_WINDOW_BYTES) {
      if (await readAnswer(STORE_WAIT_MS)) outOfTurn(wire, 'kept')
    }
    await wire.writeFrame(frame, { signal })
    sent += frame.length
  }

  return {
    is: 'wanted',
    from,
    send: async (bytes) => {
      for (let at = 0; at < bytes.length; at += SENT_FRAME_BYTES) await sendFrame(bytes.subarray(at, at + SENT_FRAME_BYTES))
    },
    finish: async () => {
      for (;;) {
        const claim = await readAnswer(CHECK_WAIT_MS)
        if (claim === undefined) continue
        await wire.close()
        return claim
      }
    },
    abort: () => wire.abort(),
  }
}

/** Takes what was under way when the holder refused, so that the refusal is read before the stream ends. Bounded by the window. */
async function readOut(wire: Wire): Promise<void> {
  for (let left = STORE_WINDOW_BYTES; left > 0;) {
    const frame = await wire.readFrameOrEnd(DATA_FRAME_BYTES)
    if (frame === undefined) return
    left -= Math.max(1, frame.length)
  }
}
