import type { Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import type { Channel } from '../../ports/network.ts'
import { nextTurn } from './turn.ts'
import type { PeerId } from '../../core/ids.ts'

/** Unread bytes above which a writer waits for the reader. */
const HIGH_WATER_BYTES = 256 * 1024
/** Unread bytes above which a writer that does not wait is cut off. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

/**
 * The effect of a slow reader on a writer: with 'reader', `write` waits for it; with 'none', as in WebRTC streams, `write` waits for the
 * wire alone, so that only acknowledgements of the conversation itself keep a reader from being flooded.
 */
export type BackPressure = 'reader' | 'none'

/** Two ends of one stream; `far` is the end that answers. */
export interface ChannelPair {
  readonly near: Channel
  readonly far: Channel
  /** Ends the stream for the answering side: the other side can still read what it wrote, and a write to it throws 'stream-closed'. */
  finish(): void
  /** Resets both ends: every call under way and every later one throws 'stream-closed'. */
  reset(): void
}

/** One direction: the bytes written and not read yet. */
interface Pipe {
  /** The bytes are the reader's from now on. */
  write(bytes: Bytes): Promise<void>
  read(signal: AbortSignal | undefined): Promise<Bytes | undefined>
  end(): void
  reset(): void
  isOver(): boolean
  watchArrivals(listener: (bytes: number) => void): void
}

/**
 * Returns a stream between `nearPeer` and `farPeer`.
 * @param onBytes called at every write, with the writer and the number of bytes
 * @param onOver called once, when both directions have ended or the stream was reset
 */
export function createChannelPair(
  nearPeer: PeerId,
  farPeer: PeerId,
  options: {
    readonly backPressure: BackPressure
    readonly onBytes: (from: PeerId, length: number) => void
    readonly onOver: () => void
    /** Resolves when bytes of `from` have reached `to`; undefined when they do at once. */
    readonly transit?: ((from: PeerId, to: PeerId, length: number) => Promise<void> | undefined) | undefined
    /** Resolves after what is ready has run: a write takes one turn. */
    readonly turn?: (() => Promise<void>) | undefined
  },
): ChannelPair {
  const { backPressure, onBytes, onOver, transit, turn = nextTurn } = options
  let isOver = false
  function settleOver() {
    if (isOver || !(out.isOver() && back.isOver())) return
    isOver = true
    onOver()
  }
  function reset() {
    out.reset()
    back.reset()
    settleOver()
  }
  const out = createPipe(backPressure, turn, reset, settleOver)
  const back = createPipe(backPressure, turn, reset, settleOver)

  function end(peer: PeerId, self: PeerId, writes: Pipe, reads: Pipe): Channel {
    let arriving: Promise<void> | undefined
    /** Runs `arrive` once everything written before has arrived, and these `length` bytes as well. */
    function afterTransit(length: number, arrive: () => void): boolean {
      const way = transit?.(self, peer, length)
      const before = arriving
      const both: Promise<unknown> | undefined = before === undefined ? way : way === undefined ? before : Promise.all([before, way])
      if (both === undefined) return false
      const arrived = both.then(arrive, reset)
      arriving = arrived
      void arrived.then(() => {
        if (arriving === arrived) arriving = undefined
      })
      return true
    }
    return {
      peer,
      async write(bytes) {
        onBytes(self, bytes.length)
        // The writer may use its bytes again.
        const copy = new Uint8Array(bytes)
        if (!writes.isOver() && afterTransit(bytes.length, () => void writes.write(copy).catch(() => undefined))) await turn()
        else await writes.write(copy)
      },
      async read({ signal } = {}) {
        signal?.throwIfAborted()
        return reads.read(signal)
      },
      async close() {
        if (!afterTransit(0, () => writes.end())) writes.end()
      },
      abort: reset,
      watchArrivals: (listener) => reads.watchArrivals(listener),
    }
  }

  const [near, far] = [end(farPeer, nearPeer, out, back), end(nearPeer, farPeer, back, out)]
  function finish() {
    // What was written last may be on its way.
    void far.close()
    out.reset()
    settleOver()
  }

  return { near, far, finish, reset }
}

function createPipe(backPressure: BackPressure, turn: () => Promise<void>, resetBoth: () => void, onOver: () => void): Pipe {
  const unread: Bytes[] = []
  let unreadBytes = 0
  let cameBytes = 0
  let onArrival = (_bytes: number): void => undefined
  let isEnded = false
  let isReset = false
  let waitingReaders: (() => void)[] = []
  let waitingWriters: (() => void)[] = []

  function wakeReaders() {
    const woken = waitingReaders
    waitingReaders = []
    for (const wake of woken) wake()
  }
  function wakeWriters() {
    const woken = waitingWriters
    waitingWriters = []
    for (const wake of woken) wake()
  }
  function check() {
    if (isReset) throw new HoardError('stream-closed', { reason: 'reset' })
  }

  return {
    async write(bytes) {
      check()
      if (isEnded) throw new HoardError('stream-closed', { reason: 'closed' })
      if (bytes.length === 0) return
      const isWaitedFor = backPressure === 'reader' && unreadBytes <= HIGH_WATER_BYTES
      unread.push(bytes)
      unreadBytes += bytes.length
      cameBytes += bytes.length
      onArrival(bytes.length)
      wakeReaders()
      if (unreadBytes > MAX_UNREAD_BYTES && !isWaitedFor) resetBoth()
      if (backPressure === 'none') await turn()
      while (backPressure === 'reader' && unreadBytes > HIGH_WATER_BYTES && !isReset)
        await new Promise<void>((resolve) => waitingWriters.push(resolve))
      check()
    },
    async read(signal) {
      for (;;) {
        check()
        const next = unread.shift()
        if (next) {
          unreadBytes -= next.length
          if (unreadBytes <= HIGH_WATER_BYTES) wakeWriters()
          return next
        }
        if (isEnded) return undefined
        await new Promise<void>((resolve, reject) => {
          const wake = () => {
            signal?.removeEventListener('abort', stop)
            resolve()
          }
          function stop() {
            waitingReaders = waitingReaders.filter((other) => other !== wake)
            reject(signal?.reason)
          }
          waitingReaders.push(wake)
          signal?.addEventListener('abort', stop, { once: true })
        })
      }
    },
    end() {
      if (isEnded || isReset) return
      isEnded = true
      wakeReaders()
      onOver()
    },
    reset() {
      isReset = true
      unread.length = 0
      unreadBytes = 0
      wakeReaders()
      wakeWriters()
    },
    isOver: () => isReset || isEnded,
    watchArrivals(listener) {
      onArrival = listener
      if (cameBytes > 0) listener(cameBytes)
    },
  }
}
