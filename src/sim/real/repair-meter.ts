import type { Peer } from '../../peer/index.ts'
import type { Measures } from '../model/measures.ts'

/** Counts what peers say of their own repairs. */
export interface RepairMeter {
  /** Counts what `peer` has done since the last look at it, or its start. */
  look(peer: Peer): void
}

/** Returns a meter that notes bytes and pieces in `measures`; `now` is milliseconds of the timeline. */
export function createRepairMeter(measures: Measures, now: () => number): RepairMeter {
  const lastByPeer = new WeakMap<Peer, { readonly bytes: number; readonly placed: number; readonly at: number }>()
  return {
    look(peer) {
      const { placed, fetchedBytes, sentBytes } = peer.snapshot().repair
      const bytes = fetchedBytes + sentBytes
      const last = lastByPeer.get(peer) ?? { bytes: 0, placed: 0, at: now() }
      measures.count(bytes - last.bytes, last.at, now())
      measures.repairs += placed - last.placed
      lastByPeer.set(peer, { bytes, placed, at: now() })
    },
  }
}
