import type { Stream } from '@libp2p/interface'
import type { Bytes } from '../../../core/bytes.ts'
import { HoardError } from '../../../core/errors.ts'
import type { PeerId } from '../../../core/ids.ts'
import type { Channel } from '../../../ports/network.ts'
import { createChanges } from '../../../flow/changes.ts'

/** Most bytes that a peer may leave unread in a channel before it is cut off: WebRTC streams cannot be told to pause. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
/** Most unread bytes in all channels of one node together. */
const MAX_UNREAD_TOTAL_BYTES = 96 * 1024 * 1024
/** Longest time for the far side to acknowledge the end of the written bytes, milliseconds. */
const CLOSE_MS = 10_000

/** Counts the bytes that wait unread in all channels of a node, so that many slow readers together stay bounded. */
export interface UnreadMeter {
  add(bytes: number): boolean
  take(bytes: number): void
}

/** Returns a meter whose `add` returns false once the node's channels hold more unread bytes than a page can afford. */
export function createUnreadMeter(): UnreadMeter {
  let total = 0
  return {
    add(bytes) {
      total += bytes
      return total <= MAX_UNREAD_TOTAL_BYTES
    },
    take(bytes) {
      total -= bytes
    },
  }
}

/**
 * Wraps a negotiated libp2p stream; call it in the turn in which libp2p hands the stream over, or its first bytes are lost. It calls
 * `onEnd` once, when neither side can send any more, and `onBytes` with every number of bytes received or sent.
 */
export function createChannel(
  stream: Stream,
  peer: PeerId,
  unread: UnreadMeter,
  { onEnd = () => {}, onBytes = () => {} }: { readonly onEnd?: () => void; readonly onBytes?: (bytes: number) => void } = {},
): Channel {
  const waiting: Bytes[] = []
  let waitingBytes = 0
  let cameBytes = 0
  let onArrival = (_bytes: number): void => {}
  let isReadEnded = false
  let hasEnded = false
  let failure: unknown
  const wake = createChanges()

  stream.addEventListener('message', (event) => {
    const bytes = new Uint8Array(event.data instanceof Uint8Array ? event.data : event.data.subarray())
    waiting.push(bytes)
    waitingBytes += bytes.length
    cameBytes += bytes.length
    onArrival(bytes.length)
    onBytes(bytes.length)
    const fits = unread.add(bytes.length)
    if (!fits || waitingBytes > MAX_UNREAD_BYTES) abort(new Error('the far side sent more than was asked for'))
    wake.tell()
  })
  stream.addEventListener('remoteCloseWrite', () => {
    isReadEnded = true
    wake.tell()
  })
  stream.addEventListener('drain', wake.tell)
  stream.addEventListener('close', (event) => {
    // After a graceful end the bytes that arrived before it stay readable; after a reset they do not.
    if (event.error !== undefined) fail(event.error)
    end()
  })
  if (stream.status !== 'open') queueMicrotask(end)

  function end(): void {
    isReadEnded = true
    wake.tell()
    if (hasEnded) return
    hasEnded = true
    // Nothing more can come: bytes that nobody will read must not count against the node's other channels.
    unread.take(waitingBytes)
    onEnd()
  }

  function fail(cause: unknown): void {
    failure ??= cause
    if (!hasEnded) unread.take(waitingBytes)
    waiting.length = 0
    waitingBytes = 0
    wake.tell()
  }

  function abort(cause: Error): void {
    fail(cause)
    stream.abort(cause)
  }

  return {
    peer,
    async write(bytes) {
      if (failure !== undefined) throw closed(peer, failure)
      if (bytes.length > 0) {
        try {
          stream.send(bytes)
          onBytes(bytes.length)
        } catch (error) {
          throw closed(peer, error)
        }
      }
      // Do not use stream.onDrain(): its promise is made once and stays resolved, so from the second wait on it holds nobody back.
      while (stream.writableNeedsDrain && failure === undefined && stream.status === 'open') await wake.next()
      if (failure !== undefined || stream.status === 'aborted' || stream.status === 'reset') throw closed(peer, failure)
    },
    async read(options) {
      const signal = options?.signal
      for (;;) {
        signal?.throwIfAborted()
        const bytes = waiting.shift()
        if (bytes !== undefined) {
          waitingBytes -= bytes.length
          if (!hasEnded) unread.take(bytes.length)
          return bytes
        }
        if (failure !== undefined) throw closed(peer, failure)
        if (isReadEnded) return undefined
        await wake.next(signal)
      }
    },
    async close() {
      try {
        await stream.close({ signal: AbortSignal.timeout(CLOSE_MS) })
      } catch (error) {
        abort(error instanceof Error ? error : new Error('close failed'))
      }
    },
    abort() {
      abort(new Error('dropped by this side'))
    },
    watchArrivals(listener) {
      onArrival = listener
      if (cameBytes > 0) listener(cameBytes)
    },
  }
}

function closed(peer: PeerId, cause: unknown): HoardError {
  return new HoardError('stream-closed', { peer }, cause)
}
