import { concatBytes, type Bytes } from '../core/bytes.ts'
import { HoardError } from '../core/errors.ts'
import { FORMAT_VERSION } from '../core/labels.ts'
import type { Channel } from '../ports/network.ts'
import type { Clock } from '../ports/clock.ts'
import { type Excuses, raceSignal, within } from '../flow/deadline.ts'
import { MESSAGE_WAIT_MS, SENT_FRAME_BYTES, SLOWEST_BYTES_PER_SECOND, SMALLEST_FRAME_BYTES } from './limits.ts'
import type { PeerId } from '../core/ids.ts'

/** The longest wait for a frame to begin, default 10 s, and the signal that ends it. */
export interface FrameOptions {
  readonly signal?: AbortSignal | undefined
  readonly waitMs?: number
}

/** Length-prefixed frames over a channel. Each direction begins with the version byte. SPEC WIR. */
export interface Wire {
  readonly peer: PeerId
  /** Length of the data frames to send now: long where bytes go fast, short where others would wait for them. SPEC STO3. */
  frameBytes(): number
  /**
   * Resolves once the frame is handed to the network.
   * @throws HoardError 'holder-silent' when the far side takes less than 16 KiB/s, and nothing else moves | 'stream-closed'
   */
  writeFrame(bytes: Uint8Array, options?: FrameOptions): Promise<void>
  /**
   * Returns the next frame, whose length was checked against `maxBytes` before anything was allocated.
   * @throws HoardError 'holder-silent' | 'wire-malformed' | 'format-unknown' (another version) | 'stream-closed' (also at the end)
   */
  readFrame(maxBytes: number, options?: FrameOptions): Promise<Bytes>
  /** Like `readFrame`; returns undefined when the far side closed its end between two frames. */
  readFrameOrEnd(maxBytes: number, options?: FrameOptions): Promise<Bytes | undefined>
  /** Closes this end after what was written. Never throws. */
  close(): Promise<void>
  /** Drops the stream at once. Never throws. */
  abort(): void
}

/** Four bytes of seven bits each: lengths up to 256 MiB, more than any limit. */
const MAX_PREFIX_BYTES = 4

/** Returns the wire over `channel`; deadlines come from `clock`. SPEC WIR1..WIR5. */
export function createWire(channel: Channel, clock: Clock): Wire {
  let hasWritten = false
  let hasRead = false
  const unread: Bytes[] = []
  let firstUnread = 0
  let unreadBytes = 0
  const excuses: Excuses = { heldMs: () => channel.heldMs?.() ?? 0, movedAt: () => channel.movedAt?.() }

  async function pull(signal: AbortSignal): Promise<boolean> {
    const bytes = await channel.read({ signal })
    if (bytes === undefined) return false
    if (bytes.length > 0) unread.push(bytes)
    unreadBytes += bytes.length
    return true
  }

  function take(length: number): Bytes {
    const taken = new Uint8Array(length)
    let at = 0
    while (at < length) {
      const first = unread[firstUnread]
      if (first === undefined) break
      const part = first.subarray(0, length - at)
      taken.set(part, at)
      at += part.length
      if (part.length === first.length) firstUnread++
      else unread[firstUnread] = first.subarray(part.length)
    }
    // Remove them together: one by one, a frame that came in single bytes would cost seconds of moving the rest along.
    if (firstUnread > unread.length / 2) {
      unread.splice(0, firstUnread)
      firstUnread = 0
    }
    unreadBytes -= length
    return taken
  }

  function takeByte(): number {
    return take(1)[0] ?? 0
  }

  /** Returns the length of the next frame, undefined at the end of the stream. */
  async function readPrefix(maxBytes: number, signal: AbortSignal): Promise<number | undefined> {
    if (!hasRead) {
      while (unreadBytes === 0) if (!(await pull(signal))) return undefined
      const version = takeByte()
      if (version !== FORMAT_VERSION) throw new HoardError('format-unknown', { version })
      hasRead = true
    }
    let length = 0
    for (let place = 0; ; place++) {
      while (unreadBytes === 0) if (!(await pull(signal))) return place === 0 ? undefined : refuseCut()
      const byte = takeByte()
      length += (byte & 127) * 2 ** (7 * place)
      if (length > maxBytes) throw new HoardError('wire-malformed', { reason: 'frame too long', bytes: length, maxBytes })
      if (byte < 128) {
        if (byte === 0 && place > 0) throw new HoardError('wire-malformed', { reason: 'length not in its shortest form' })
        return length
      }
      if (place + 1 === MAX_PREFIX_BYTES) throw new HoardError('wire-malformed', { reason: 'length without end' })
    }
  }

  async function readBody(length: number, signal: AbortSignal): Promise<Bytes> {
    while (unreadBytes < length) if (!(await pull(signal))) refuseCut()
    return take(length)
  }

  async function readFrameOrEnd(maxBytes: number, options: FrameOptions = {}): Promise<Bytes | undefined> {
    try {
      const waitMs = options.waitMs ?? MESSAGE_WAIT_MS
      const length = await within(clock, waitMs, options.signal, (signal) => readPrefix(maxBytes, signal), excuses)
      if (length === undefined) return undefined
      if (unreadBytes >= length) return take(length)
      return await within(clock, transferMs(length), options.signal, (signal) => readBody(length, signal), excuses)
    } catch (error) {
      // After an error the next bytes no longer begin a frame: none of them is read.
      unread.length = 0
      firstUnread = 0
      unreadBytes = 0
      channel.abort()
      throw error
    }
  }

  return {
    peer: channel.peer,
    frameBytes: () => Math.max(SMALLEST_FRAME_BYTES, Math.min(SENT_FRAME_BYTES, channel.pieceBytes?.() ?? SENT_FRAME_BYTES)),
    writeFrame: async (bytes, options = {}) => {
      const framed = frameOf(hasWritten ? [] : [FORMAT_VERSION], bytes)
      hasWritten = true
      try {
        await within(clock, transferMs(framed.length), options.signal, (signal) => raceSignal(channel.write(framed), signal), excuses)
      } catch (error) {
        channel.abort()
        throw error
      }
    },
    readFrame: async (maxBytes, options) => {
      const frame = await readFrameOrEnd(maxBytes, options)
      if (frame === undefined) throw new HoardError('stream-closed', { reason: 'ended early' })
      return frame
    },
    readFrameOrEnd,
    close: () => channel.close(),
    abort: () => channel.abort(),
  }
}

/** Returns `bytes` behind their length, and behind the bytes that open the stream, when it is not open yet. */
function frameOf(opening: readonly number[], bytes: Uint8Array): Bytes {
  const head = [...opening]
  let rest = bytes.length
  for (; rest >= 128; rest = Math.floor(rest / 128)) head.push((rest % 128) + 128)
  head.push(rest)
  return concatBytes(new Uint8Array(head), bytes)
}

function transferMs(bytes: number): number {
  return Math.max(MESSAGE_WAIT_MS, Math.ceil((bytes * 1000) / SLOWEST_BYTES_PER_SECOND))
}

function refuseCut(): never {
  throw new HoardError('stream-closed', { reason: 'cut within a frame' })
}
