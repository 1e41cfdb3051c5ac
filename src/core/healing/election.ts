import { compareBytes, utf8, type Bytes } from '../bytes.ts'
import type { PeerId, SegmentId } from '../ids.ts'
import { labelledHash } from '../labels.ts'

/** What this device has heard of others who say that they repair one segment that is short of pieces. SPEC RPR5. */
export interface Heeded {
  /** Unix milliseconds of the first of them since the segment was short. */
  readonly since: number
  /** Unix milliseconds until which this device leaves the segment to them. */
  readonly until: number
  /** Who of them is the last one waited for. */
  readonly peer: PeerId
  /** Those heard in `epoch`: each of them delays others once in it. */
  readonly epoch: number
  readonly heard: readonly PeerId[]
}

/** Somebody's word, about itself, that it repairs a segment until `until`, Unix milliseconds. */
export interface Repairing {
  readonly peer: PeerId
  readonly until: number
}

/** Claims of repair, in lengths of claimMs, that a segment waits for in all. SPEC RPR5. */
const CLAIMS_IN_ALL = 2
/** Most people remembered per segment: as many as may hold something of a group. */
const MOST_HEARD = 256

/** Returns the number of the period at `now`, Unix milliseconds, within which ranks stay the same. SPEC RPR3. */
export function epochAt(now: number, scanMs: number): number {
  return Math.floor(now / scanMs)
}

/** Returns 32 bytes by which the holders of a segment are ordered in an epoch, lowest first. SPEC RPR3. */
export function rankKey(epoch: number, segmentId: SegmentId, peer: PeerId): Bytes {
  const epochBytes = new Uint8Array(8)
  new DataView(epochBytes.buffer).setBigUint64(0, BigInt(epoch))
  return labelledHash('repair-rank', epochBytes, segmentId, utf8(peer))
}

/**
 * Returns the rank of `self`, from 0, in `epoch`: how many of `there` come before it.
 * @param there the other holders of the segment whose newest beacon is younger than 2.5 beacon periods (`isThere`)
 * Source: SPEC.md RPR3.
 */
export function rankOf(self: PeerId, there: readonly PeerId[], epoch: number, segmentId: SegmentId): number {
  const own = rankKey(epoch, segmentId, self)
  return there.filter((peer) => peer !== self && compareBytes(rankKey(epoch, segmentId, peer), own) < 0).length
}

/**
 * Returns the milliseconds that the holder of `rank` waits before it repairs, 0 when that is urgent.
 * @param jitter a random number in [0, 1)
 * Source: SPEC.md RPR4.
 */
export function repairDelayMs(rank: number, jitter: number, rankDelayMs: number, isUrgent: boolean): number {
  return isUrgent ? 0 : (rank + jitter) * rankDelayMs
}

/**
 * Returns what is heeded once `said` was heard at `now`, Unix milliseconds: at most `claimMs` from now, at most twice that since the
 * segment was first left to somebody, and once per person and epoch. The caller drops it when the segment is no longer short.
 * Source: SPEC.md RPR5.
 */
export function heed(heeded: Heeded | undefined, said: Repairing, epoch: number, now: number, claimMs: number): Heeded {
  const since = heeded?.since ?? now
  const heard = heeded?.epoch === epoch ? heeded.heard : []
  if (heard.includes(said.peer) || heard.length >= MOST_HEARD) return heeded ?? { since, until: now, peer: said.peer, epoch, heard }
  const until = Math.min(said.until, now + claimMs, since + CLAIMS_IN_ALL * claimMs)
  const isLonger = heeded === undefined || until > heeded.until
  return {
    since,
    epoch,
    heard: [...heard, said.peer],
    until: isLonger ? until : heeded.until,
    peer: isLonger ? said.peer : heeded.peer,
  }
}

/** Returns what is heeded once `peer` said, at `now`, that it is done or gives up: nobody waits for it any more. SPEC RPR5. */
export function heedEnd(heeded: Heeded, peer: PeerId, now: number): Heeded {
  return heeded.peer === peer ? { ...heeded, until: Math.min(heeded.until, now) } : heeded
}

/** Tells whether this device leaves the segment to somebody else at `now`, Unix milliseconds. Never when it is urgent. SPEC RPR5. */
export function isLeftToOthers(heeded: Heeded | undefined, now: number, isUrgent: boolean): boolean {
  return !isUrgent && heeded !== undefined && now < heeded.until
}

/**
 * Tells whether a guardian gives up a segment for this epoch: it began, or placed its last piece, at `lastPieceAt`, Unix milliseconds, and
 * nothing came of it since. SPEC RPR6.
 */
export function isStalled(lastPieceAt: number, now: number, claimMs: number): boolean {
  return now - lastPieceAt >= claimMs
}
