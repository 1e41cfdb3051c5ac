import { hex } from '../core/bytes.ts'
import type { PeerId, ShardId } from '../core/ids.ts'
import type { Policy } from '../core/policy.ts'
import { refused } from '../protocol/refusal.ts'
import type { Shelf } from './host-shelf.ts'
import type { Stock } from './host-stock.ts'

/** What this device lends. */
export interface Offer {
  readonly isOn: boolean
  readonly offerBytes: number
}

/** Room kept free for a shard that is on its way. */
export interface Reservation {
  /** Tells that `bytes` of it are on disk and counted there. */
  spend(bytes: number): void
  /** Gives back the rest. The draft stays booked on its peer until `forgetDraft`. */
  release(): void
}

/** How much is lent, to whom, and how much more may come. Sizes in bytes. */
export interface Space {
  offer(): Offer
  setOffer(offer: Offer): void
  /** On disk and reserved. */
  usedBytes(): number
  /** 0 while the offer is off. */
  roomBytes(): number
  /**
   * Keeps `missing` bytes free for a shard of `length` bytes that `peer` places.
   * @throws HoardError 'holder-refused' QUOTA | FULL
   * Source: protocol SPEC.md ADM4, ADM5.
   */
  reserve(peer: PeerId, shardId: ShardId, length: number, missing: number): Promise<Reservation>
  /** Throws QUOTA when `peer` may not have `length` bytes more, wherever they are. */
  checkQuota(peer: PeerId, length: number): void
  /** Returns who began the draft, undefined when this device does not remember. */
  beganBy(shardId: ShardId): PeerId | undefined
  /** The draft is gone or became a row, which is booked by itself. */
  forgetDraft(shardId: ShardId): void
  /** The disk took no more: nothing is offered beyond what is there until `setOffer`. */
  noteDiskFull(): void
  isDiskFull(): boolean
}

/** A newcomer may place this much wherever the offer allows it at all. SPEC ADM4. */
const SMALLEST_ALLOWANCE_BYTES = 64 * 1024 * 1024
/** What descriptor, leaf digests, papers and claims of a shard are booked with, so that tiny shards are not free. SPEC ADM4. */
const ROW_BYTES = 16 * 1024
/** Share of the offer that one newcomer may use. SPEC ADM4. */
const NEWCOMER_SHARE = 0.05

/** Returns the book of space over `stock` and `shelf`. `makeRoom` frees at least so many bytes if it can. */
export function createSpace(parts: {
  readonly stock: Stock
  readonly shelf: Shelf
  readonly policy: Policy
  readonly offer: Offer
  readonly allowance?: 'whole-offer' | undefined
  /** Bytes of mine that the peer keeps, as far as they are verified. */
  readonly keepsForMe: (peer: PeerId) => number
  readonly makeRoom: (bytes: number) => Promise<void>
}): Space {
  const { stock, shelf, policy, allowance, keepsForMe, makeRoom } = parts
  let offer = parts.offer
  let isDiskFull = false
  let reservedBytes = 0
  const draftByShard = new Map<string, { readonly peer: PeerId; readonly length: number }>()

  function bookedBytes(isCounted: (peer: PeerId) => boolean): number {
    let bytes = 0
    for (const peer of shelf.placers()) {
      if (!isCounted(peer)) continue
      const booked = shelf.bookOf(peer)
      bytes += booked.bytes + booked.rows * ROW_BYTES
    }
    for (const draft of draftByShard.values()) if (isCounted(draft.peer)) bytes += draft.length + ROW_BYTES
    return bytes
  }

  function checkQuota(peer: PeerId, length: number): void {
    if (allowance === 'whole-offer') return
    const { offerBytes } = offer
    const newcomerBytes = Math.min(policy.ledger.newcomerBytes, Math.max(SMALLEST_ALLOWANCE_BYTES, NEWCOMER_SHARE * offerBytes))
    const more = length + ROW_BYTES
    const own = bookedBytes((other) => other === peer) + more
    if (own > newcomerBytes + 2 * keepsForMe(peer)) throw refused('QUOTA')
    if (keepsForMe(peer) > 0) return
    const newcomersBytes = Math.max(newcomerBytes, policy.ledger.newcomersShare * offerBytes)
    if (bookedBytes((other) => keepsForMe(other) === 0) + more > newcomersBytes) throw refused('QUOTA')
  }

  const usedBytes = (): number => stock.usedBytes() + reservedBytes
  const roomBytes = (): number => (offer.isOn && !isDiskFull ? Math.max(0, offer.offerBytes - usedBytes()) : 0)

  return {
    offer: () => offer,
    setOffer: (next) => {
      offer = next
      isDiskFull = false
    },
    usedBytes,
    roomBytes,
    checkQuota,
    reserve: async (peer, shardId, length, missing) => {
      if (!offer.isOn) throw refused('FULL')
      // A draft that goes on is not counted against its own peer twice.
      const before = draftByShard.get(hex(shardId))
      draftByShard.delete(hex(shardId))
      try {
        checkQuota(peer, length)
        if (roomBytes() < missing && !isDiskFull) await makeRoom(missing - roomBytes())
        if (roomBytes() < missing) throw refused('FULL')
        // Others may have been let in while room was made.
        checkQuota(peer, length)
      } catch (error) {
        if (before) draftByShard.set(hex(shardId), before)
        throw error
      }
      draftByShard.set(hex(shardId), { peer, length })
      let left = missing
      reservedBytes += missing
      const spend = (bytes: number): void => {
        const spent = Math.min(left, bytes)
        left -= spent
        reservedBytes -= spent
      }
      return { spend, release: () => spend(left) }
    },
    beganBy: (shardId) => draftByShard.get(hex(shardId))?.peer,
    forgetDraft: (shardId) => void draftByShard.delete(hex(shardId)),
    noteDiskFull: () => {
      isDiskFull = true
    },
    isDiskFull: () => isDiskFull,
  }
}
