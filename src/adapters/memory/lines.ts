import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../core/ids.ts'

/** A way into somebody's house and out of it: what a peer sends stands in one queue before it, what it receives in another. */
export interface Line {
  /** Bytes per second out; none get out at 0. */
  readonly up: number
  /** Bytes per second in. */
  readonly down: number
  /** From here to the middle of the network, one way. */
  readonly delayMs: number
}

/** The lines of a network; a peer without one sends and receives at once. */
export interface Lines {
  /** Resolves when `bytes` that `from` sends now have reached `to`; undefined when that is at once. */
  send(from: PeerId, to: PeerId, bytes: number): Promise<void> | undefined
  /** Gives `peer` a line, or another one: what stands in its queues goes at the new rates. */
  set(peer: PeerId, line: Line): void
  /** How long what `peer` sends now would stand in the queue before its line, in milliseconds. */
  queueMs(peer: PeerId): number
}

/** What waits before one direction of a line, the first of it on its way. */
interface Queue {
  readonly waiting: { bytes: number; readonly arrive: () => void }[]
  rate: number
  /** Aborts when the rate changes. */
  changing: AbortController
  isServed: boolean
}

/** Returns lines over `clock`; none are set. */
export function createLines(clock: Pick<Clock, 'now' | 'wait'>): Lines {
  const lines = new Map<PeerId, Line>()
  const ups = new Map<PeerId, Queue>()
  const downs = new Map<PeerId, Queue>()

  const queueOf = (queues: Map<PeerId, Queue>, peer: PeerId): Queue => {
    const queue = queues.get(peer) ?? { waiting: [], rate: Infinity, changing: new AbortController(), isServed: false }
    queues.set(peer, queue)
    return queue
  }

  async function serve(queue: Queue): Promise<void> {
    queue.isServed = true
    for (let first = queue.waiting[0]; first !== undefined; first = queue.waiting[0]) {
      const [since, { rate }] = [clock.now(), queue]
      // Nothing is left of it, though the line stands still.
      const ms = first.bytes === 0 ? 0 : (first.bytes * 1000) / rate
      const isThere =
        ms === 0 ||
        (await clock.wait(ms, { signal: queue.changing.signal }).then(
          () => true,
          () => false,
        ))
      if (isThere) queue.waiting.shift()?.arrive()
      else first.bytes = Math.max(0, first.bytes - ((clock.now() - since) * rate) / 1000)
    }
    queue.isServed = false
  }

  /** Resolves once `bytes` have passed the queue, all before them first. */
  function pass(queue: Queue, bytes: number): Promise<void> {
    const passed = new Promise<void>((arrive) => queue.waiting.push({ bytes, arrive }))
    if (!queue.isServed) void serve(queue)
    return passed
  }

  function setRate(queue: Queue, rate: number): void {
    queue.rate = rate
    queue.changing.abort()
    queue.changing = new AbortController()
  }

  async function travel(from: PeerId, to: PeerId, bytes: number): Promise<void> {
    const [near, far] = [lines.get(from), lines.get(to)]
    if (near !== undefined) await pass(queueOf(ups, from), bytes)
    const delayMs = (near?.delayMs ?? 0) + (far?.delayMs ?? 0)
    if (delayMs > 0) await clock.wait(delayMs)
    if (far !== undefined) await pass(queueOf(downs, to), bytes)
  }

  return {
    queueMs(peer) {
      const { waiting, rate } = queueOf(ups, peer)
      return (waiting.reduce((sum, { bytes }) => sum + bytes, 0) * 1000) / rate
    },
    set(peer, line) {
      lines.set(peer, line)
      setRate(queueOf(ups, peer), line.up)
      setRate(queueOf(downs, peer), line.down)
    },
    send: (from, to, bytes) => (lines.has(from) || lines.has(to) ? travel(from, to, bytes) : undefined),
  }
}
