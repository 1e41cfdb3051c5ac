import type { Clock } from '../../ports/clock.ts'

/** Lets bytes through at a rate, first come, first served. */
export interface Bucket {
  /** Bytes per second; undefined while there is no limit. */
  readonly rate: number | undefined
  /** Lets that many bytes per second through from now on, any number when undefined; waiting pieces are served at the new rate. */
  setRate(rate: number | undefined): void
  /** Returns undefined when `bytes` may go at once, else a promise that resolves when they may. */
  take(bytes: number): Promise<void> | undefined
  /** Counts `bytes` that cannot wait; other bytes wait the longer. */
  debit(bytes: number): void
  /** Returns the most bytes to take at once, so that nobody waits long behind them. */
  pieceBytes(): number
}

/** Most tokens that may gather while nothing is sent, in milliseconds of the rate: just enough for a clock that wakes late. */
const BURST_MS = 100
/** Longest time that one piece may occupy the wire, in milliseconds. */
const PIECE_MS = 50
const SMALLEST_PIECE_BYTES = 16_384
const LONGEST_WAIT_MS = 1_000

/** Returns a bucket without a limit. Source: a token bucket that may be overdrawn by one piece, RFC 2697 section 3. */
export function createBucket(clock: Clock): Bucket {
  let rate: number | undefined
  let tokens = 0
  let filledAt = clock.ran()
  let waking = new AbortController()
  let isPumping = false
  const queue: { readonly bytes: number; readonly go: () => void }[] = []

  function fill(): void {
    const now = clock.ran()
    if (rate !== undefined) tokens = Math.min((rate * BURST_MS) / 1000, tokens + (rate * (now - filledAt)) / 1000)
    filledAt = now
  }

  /** Serves the queue as tokens come. */
  async function pump(): Promise<void> {
    isPumping = true
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      fill()
      if (rate !== undefined && tokens <= 0) {
        const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(1, Math.ceil((-tokens * 1000) / rate)))
        await clock.wait(waitMs, { signal: waking.signal }).catch(() => undefined)
        continue
      }
      queue.shift()
      tokens -= next.bytes
      next.go()
    }
    isPumping = false
  }

  return {
    get rate() {
      return rate
    },
    setRate(next) {
      // It is set again with every round that a device sends in, and an abort without need costs an exception with its stack.
      if (next === rate) return
      fill()
      // A limit that begins or ends clears the balance: bytes without a limit are no debt.
      if (rate === undefined || next === undefined) tokens = 0
      rate = next
      waking.abort()
      waking = new AbortController()
    },
    take(bytes) {
      if (rate === undefined && queue.length === 0) return undefined
      fill()
      if (queue.length === 0 && tokens > 0) {
        tokens -= bytes
        return undefined
      }
      const going = new Promise<void>((go) => queue.push({ bytes, go }))
      if (!isPumping) void pump()
      return going
    },
    debit(bytes) {
      fill()
      if (rate !== undefined) tokens -= bytes
    },
    pieceBytes: () => (rate === undefined ? Infinity : Math.max(SMALLEST_PIECE_BYTES, Math.floor((rate * PIECE_MS) / 1000))),
  }
}
