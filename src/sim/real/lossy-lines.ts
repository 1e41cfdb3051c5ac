import type { Lines } from '../../adapters/memory/lines.ts'
import { HoardError } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import type { Draws } from '../model/draws.ts'

/** The way into somebody's house: what it sends goes one after the other. */
interface Uplink {
  readonly bytesPerMs: number
  readonly delayMs: number
  freeAt: number
}

/** The lines of a run. */
export interface LossyLines extends Pick<Lines, 'send'> {
  /** Gives `peer` a line that sends `upBytesPerSecond`. */
  add(peer: PeerId, upBytesPerSecond: number): void
  remove(peer: PeerId): void
  /** Returns a network some of whose dials fail. */
  dialsOf(network: Network): Network
}

/** Milliseconds from a house to the middle of the network, one way, drawn evenly. */
const [LEAST_DELAY_MS, MOST_DELAY_MS] = [5, 60]
/** Share of packets that are lost; the transport sends them again after its timeout. */
const LOST_PACKETS = 0.005
const PACKET_BYTES = 1_200
const RESEND_MS = 300
/** Share of messages with which a stream breaks, and of dials that fail. */
const BROKEN_STREAMS = 1 / 5_000
const FAILED_DIALS = 1 / 50

/** Returns lines over `clock` that lose what `draws` says; nobody has one yet. Lines inwards are never the slow ones. */
export function createLossyLines(clock: Pick<Clock, 'ran' | 'wait'>, draws: Draws): LossyLines {
  const uplinks = new Map<PeerId, Uplink>()
  return {
    add(peer, upBytesPerSecond) {
      const delayMs = LEAST_DELAY_MS + draws.next() * (MOST_DELAY_MS - LEAST_DELAY_MS)
      uplinks.set(peer, { bytesPerMs: upBytesPerSecond / 1_000, delayMs, freeAt: 0 })
    },
    remove: (peer) => void uplinks.delete(peer),
    send(from, to, bytes) {
      const [near, far] = [uplinks.get(from), uplinks.get(to)]
      const now = clock.ran()
      let at = now + (near?.delayMs ?? 0) + (far?.delayMs ?? 0)
      if (near !== undefined) {
        near.freeAt = Math.max(now, near.freeAt) + bytes / near.bytesPerMs
        at += near.freeAt - now
      }
      if (draws.next() < BROKEN_STREAMS) return Promise.reject(new HoardError('stream-closed', { reason: 'the line broke' }))
      if (draws.next() > (1 - LOST_PACKETS) ** Math.ceil(bytes / PACKET_BYTES)) at += RESEND_MS
      return clock.wait(Math.ceil(at - now))
    },
    dialsOf: (network) => ({
      ...network,
      async open(peer, ...rest) {
        const isOpen = network.state().connections.some((connection) => connection.peer === peer)
        if (!isOpen && draws.next() < FAILED_DIALS) throw new HoardError('peer-unreachable', { peer })
        return network.open(peer, ...rest)
      },
    }),
  }
}
