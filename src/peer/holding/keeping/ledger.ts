import type { PeerId } from '../../../core/ids.ts'

/** Bytes kept here, booked on the peer that caused them. SPEC ADM4. */
export interface Ledger {
  /** Books `bytes` more on `peer`; takes them back when negative. */
  book(peer: PeerId, bytes: number): void
  of(peer: PeerId): number
  /** Bytes booked on everybody. */
  total(): number
}

/** Returns an empty ledger. */
export function createLedger(): Ledger {
  const bytesByPeer = new Map<PeerId, number>()
  let total = 0
  return {
    book: (peer, bytes) => {
      total += bytes
      const left = (bytesByPeer.get(peer) ?? 0) + bytes
      if (left > 0) bytesByPeer.set(peer, left)
      else bytesByPeer.delete(peer)
    },
    of: (peer) => bytesByPeer.get(peer) ?? 0,
    total: () => total,
  }
}
