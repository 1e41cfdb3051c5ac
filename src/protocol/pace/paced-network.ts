import type { Bytes } from '../../core/bytes.ts'
import type { Channel, Network } from '../../ports/network.ts'
import type { Clock } from '../../ports/clock.ts'
import { createBucket, type Bucket } from './bucket.ts'
import { createChanges } from '../../flow/changes.ts'
import { raceSignal } from '../../flow/deadline.ts'
import type { PeerId } from '../../core/ids.ts'

/** A network that holds the sum of its streams to two rates. */
export interface PacedNetwork {
  readonly network: Network
  /** Limits the bytes that are written to streams. */
  readonly up: Bucket
  /** Limits the bytes that are read from streams; conversations are windowed, so a peer that is read slowly sends slowly. */
  readonly down: Bucket
  /** Returns the number of bytes written to each peer since the last call. */
  sentSince(): ReadonlyMap<PeerId, number>
  /** Resolves once bytes were written since the last call of `sentSince`. Throws `signal.reason`. */
  nextSent(signal: AbortSignal): Promise<void>
}

/** Most bytes that are counted but do not wait: control messages are short, and somebody awaits them. */
const UNPACED_BYTES = 4_096

/** Returns `network` with streams that keep to rates, which are unlimited at first. Source: SPEC.md PAC1, PAC2. */
export function createPacedNetwork(network: Network, clock: Clock): PacedNetwork {
  const [up, down] = [createBucket(clock), createBucket(clock)]
  let sent = new Map<PeerId, number>()
  const writes = createChanges()
  const noteSent = (peer: PeerId, bytes: number): void => {
    sent.set(peer, (sent.get(peer) ?? 0) + bytes)
    writes.tell()
  }
  const paced = (channel: Channel): Channel => paceChannel(channel, { clock, up, down, onSent: (bytes) => noteSent(channel.peer, bytes) })
  return {
    up,
    down,
    sentSince() {
      const before = sent
      sent = new Map()
      return before
    },
    async nextSent(signal) {
      if (sent.size === 0) await writes.next(signal)
    },
    network: {
      self: network.self,
      open: async (peer, protocol, options) => paced(await network.open(peer, protocol, options)),
      handle: (protocol, handler, options) => network.handle(protocol, (channel) => handler(paced(channel)), options),
      state: () => network.state(),
      release: (peer) => network.release(peer),
      watch: (listener) => network.watch(listener),
    },
  }
}

function paceChannel(
  channel: Channel,
  {
    clock,
    up,
    down,
    onSent,
  }: { readonly clock: Clock; readonly up: Bucket; readonly down: Bucket; readonly onSent: (bytes: number) => void },
): Channel {
  let lastWrite: Promise<unknown> | undefined
  let unread: Bytes | undefined
  let heldMs = 0
  let heldSince: number | undefined

  async function hold(going: Promise<void>): Promise<void> {
    heldSince ??= clock.ran()
    await going
    heldMs += heldSince === undefined ? 0 : clock.ran() - heldSince
    heldSince = undefined
  }

  async function writePieces(bytes: Uint8Array): Promise<void> {
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      end = Math.min(bytes.length, at + up.pieceBytes())
      const going = takeOf(up, end - at)
      if (going !== undefined) await hold(going)
      onSent(end - at)
      await channel.write(bytes.subarray(at, end))
    }
  }

  return {
    peer: channel.peer,
    write(bytes) {
      // Pieces of one write must not come between those of another.
      const writing = lastWrite === undefined ? writePieces(bytes) : lastWrite.then(() => writePieces(bytes))
      const settled = writing.then(
        () => undefined,
        () => undefined,
      )
      lastWrite = settled
      void settled.then(() => {
        if (lastWrite === settled) lastWrite = undefined
      })
      return writing
    },
    async read(options) {
      unread ??= await channel.read(options)
      if (unread === undefined) return undefined
      const piece = unread.subarray(0, down.pieceBytes())
      const going = takeOf(down, piece.length)
      if (going !== undefined) await raceSignal(hold(going), options?.signal)
      // `abort` dropped the bytes meanwhile.
      if (unread === undefined) return channel.read(options)
      unread = piece.length < unread.length ? unread.subarray(piece.length) : undefined
      return piece
    },
    close: () => channel.close(),
    abort() {
      unread = undefined
      channel.abort()
    },
    watchArrivals: (listener) => channel.watchArrivals(listener),
    pieceBytes: () => up.pieceBytes(),
    heldMs: () => heldMs + (heldSince === undefined ? 0 : clock.ran() - heldSince),
    movedAt: () => channel.movedAt?.(),
  }
}

function takeOf(bucket: Bucket, bytes: number): Promise<void> | undefined {
  if (bytes > UNPACED_BYTES) return bucket.take(bytes)
  bucket.debit(bytes)
  return undefined
}
