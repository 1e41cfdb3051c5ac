import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../core/ids.ts'

/** A household's line to the network: everything that a peer sends queues behind its router. */
export interface Uplink {
  readonly bytesPerSecond: number
  /** Time from the router to the far side, one way. */
  readonly delayMs: number
}

/** The uplinks of a network; a peer without one sends at once. */
export interface Uplinks {
  /** Resolves when `bytes` that `peer` sends now have arrived; undefined when they arrive at once. */
  send(peer: PeerId, bytes: number): Promise<void> | undefined
  set(peer: PeerId, uplink: Uplink): void
  /** Returns the milliseconds that bytes sent by `peer` now would wait in the queue. */
  queueMs(peer: PeerId): number
}

/** Returns uplinks over `clock`; none are set. */
export function createUplinks(clock: Clock): Uplinks {
  const uplinks = new Map<PeerId, Uplink>()
  const freeAt = new Map<PeerId, number>()
  const queueMs = (peer: PeerId): number => Math.max(0, (freeAt.get(peer) ?? 0) - clock.now())
  return {
    queueMs,
    set: (peer, uplink) => void uplinks.set(peer, uplink),
    send(peer, bytes) {
      const uplink = uplinks.get(peer)
      if (uplink === undefined) return undefined
      const sentAfterMs = queueMs(peer) + (bytes * 1000) / uplink.bytesPerSecond
      freeAt.set(peer, clock.now() + sentAfterMs)
      return clock.wait(sentAfterMs + uplink.delayMs)
    },
  }
}
