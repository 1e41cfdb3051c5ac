import { hex } from '../../core/bytes.ts'
import { epochAt, rankOf, repairDelayMs } from '../../core/healing/election.ts'
import type { PeerId, SegmentId } from '../../core/ids.ts'
import type { GuardedPiece } from '../holding/guarded-groups.ts'
import type { HeardRepairs } from './heard-repairs.ts'

/** A segment of which too few pieces are known, as it is now. */
export interface ShortSegment {
  readonly piece: GuardedPiece
  readonly known: number
  /** Of these, what checks have proven. */
  readonly proven: number
  /** Few are proven. */
  readonly isUrgent: boolean
  /** By the clock this device has kept its own piece for less than claimMs. */
  readonly isNew: boolean
  /** Its holders that are there, but for those that keep a double that gives way. */
  readonly there: readonly PeerId[]
  /** This device keeps such a double: it comes after all of them, since it cannot give itself a piece. SPEC RPR3. */
  readonly isLast: boolean
  /** Its owner is near, and may have the sealed copy: it goes first. SPEC RPR4. */
  readonly isOwnerNear: boolean
  /** This device has fetched a part of it before: it goes on without waiting for its rank. SPEC RPR13. */
  readonly isBegun: boolean
  /** Bytes that its repair fetches and sends. */
  readonly repairBytes: number
}

/** The segments that lack pieces, and whose turn it is to repair them. Times are on the scale of the clock's `ran`. SPEC RPR3 to RPR6, RPR11. */
export interface ShortSegments {
  /** Notes how a segment is now. Returns 'now' when this device begins its repair, until `leave` ends that, else with when to look again. */
  look(segment: ShortSegment): 'now' | number
  /** Has the segment left alone: for this epoch, or until `at`. */
  leave(segmentId: SegmentId, until: 'next epoch' | number): void
  /** Has the segment left alone for `firstMs`, since nobody wants a piece of it: twice as long each time, at most `mostMs`. SPEC RPR9. */
  leaveUnwanted(segmentId: SegmentId, firstMs: number, mostMs: number): void
  /** Has the segment left alone until `at`, since nobody is left to ask. SPEC RPR9. */
  leaveAlone(segmentId: SegmentId, at: number): void
  /**
   * Returns the bytes to fetch and send for segments whose repair falls to this device: it comes first among those who are there, nobody
   * else says that it is at work, and somebody may want a piece. Everybody's together are those of each segment once. Protocol SPEC ADM9.
   */
  waitingBytes(): number
  /** Tells whether the repair of a short segment was urgent when it was looked at. */
  isUrgent(segmentId: SegmentId): boolean
  /** Forgets a segment that is short no more. */
  forget(segmentId: SegmentId): void
  /** Returns the pieces whose segments are to be looked at now, those of urgent ones first. */
  due(): readonly GuardedPiece[]
  /** Returns when the next segment is to be looked at. */
  nextAt(): number
  /** Has the segment looked at now, if it is short, and once its repair by this device was left, if it is under way. */
  hurry(segmentId: SegmentId): void
}

/** Longest time until an owner that is near has seen a loss, once a minute, and says that it makes the pieces, also through a full line. */
const OWNER_SPEAKS_MS = 65_000

/** What deciding works with. */
export interface ElectionParts {
  readonly self: PeerId
  readonly clock: { readonly ran: () => number }
  /** The time by which epochs are counted, Unix milliseconds. */
  readonly now: () => number
  /** Returns a random number in [0, 1). */
  readonly draw: () => number
  readonly scanMs: number
  readonly rankDelayMs: number
  readonly claimMs: number
  readonly heard: Pick<HeardRepairs, 'goesOnUntil' | 'noteProgress' | 'noteWhole'>
}

interface Short {
  piece: GuardedPiece
  known: number
  proven: number
  isUrgent: boolean
  /** When this device first knew that it is short, and when it last lost a piece or became urgent. */
  readonly foundAt: number
  fellAt: number
  epoch: number
  /** From when the delay of this device's rank counts: the segment became short, the epoch began, or somebody waited for has ended. */
  since: number
  jitter: number
  isWaiting: boolean
  /** This device repairs it: what is heard of it meanwhile is looked at once that has ended. */
  isRunning: boolean
  /** How often in a row nobody wanted a piece. */
  unwanted: number
  /** Nobody was left to ask when it was this device's turn. */
  hasNobody: boolean
  /** Its part of `waitingBytes`. */
  waitingBytes: number
  /** It was given up for the epoch. */
  isGivenUp: boolean
  notBefore: number
  lookAt: number
}

/** Returns no short segments. */
export function createShortSegments({ self, clock, now, draw, scanMs, rankDelayMs, claimMs, heard }: ElectionParts): ShortSegments {
  const shorts = new Map<string, Short>()
  let waitingBytes = 0

  function count(short: Short, bytes: number): void {
    waitingBytes += bytes - short.waitingBytes
    short.waitingBytes = bytes
  }

  function begin({ piece, known, proven }: ShortSegment): Short {
    const short: Short = {
      ...{
        piece,
        known,
        proven,
        epoch: epochAt(now(), scanMs),
        foundAt: clock.ran(),
        fellAt: clock.ran(),
        since: clock.ran(),
        jitter: draw(),
      },
      ...{ notBefore: 0, lookAt: 0, unwanted: 0, isUrgent: false, isWaiting: false, isRunning: false, isGivenUp: false },
      ...{ hasNobody: false, waitingBytes: 0 },
    }
    shorts.set(hex(piece.segmentId), short)
    return short
  }

  /** Counts the delay anew, so that all who waited for the same thing do not begin at once. */
  function delayAnew(short: Short): void {
    short.since = clock.ran()
    short.jitter = draw()
  }

  const nextEpochAt = (): number => clock.ran() + (epochAt(now(), scanMs) + 1) * scanMs - now()

  function decide(short: Short, { piece, there, isLast, isOwnerNear, isBegun, repairBytes }: ShortSegment): 'now' | number {
    const { isUrgent } = short
    count(short, 0)
    const until = heard.goesOnUntil(piece.segmentId, isUrgent ? 'urgent' : 'not urgent')
    if (until !== undefined) {
      short.isWaiting = true
      return until
    }
    if (short.isWaiting) delayAnew(short)
    short.isWaiting = false
    if (short.isGivenUp) return nextEpochAt()
    const rank = (isLast ? there.length : rankOf(self, there, short.epoch, piece.segmentId)) + (isOwnerNear ? 1 : 0)
    if (rank === 0 && short.unwanted === 0 && !short.hasNobody) count(short, repairBytes)
    const delay = repairDelayMs(rank, short.jitter, rankDelayMs, isUrgent || isBegun)
    // Somebody who claims a piece and takes that back, over and over, holds up nobody for longer than a word does.
    const ownersUntil = isOwnerNear ? Math.min(short.fellAt + Math.min(rankDelayMs, OWNER_SPEAKS_MS), short.foundAt + claimMs) : 0
    const at = Math.max(short.notBefore, short.since + delay, ownersUntil)
    return at <= clock.ran() ? 'now' : at
  }

  const leave: ShortSegments['leave'] = (segmentId, until) => {
    const short = shorts.get(hex(segmentId))
    if (short === undefined) return
    if (until === 'next epoch') {
      short.isGivenUp = true
      count(short, 0)
    } else short.notBefore = until
    short.hasNobody = false
    short.isRunning = false
    short.lookAt = clock.ran()
  }

  return {
    look(segment) {
      const { piece, known, proven, isUrgent, isNew } = segment
      const short = shorts.get(hex(piece.segmentId)) ?? begin(segment)
      // What somebody merely says that it keeps holds up nobody.
      if (proven > short.proven) heard.noteProgress(piece.segmentId)
      // A piece that is lost or new changes who is asked, and for what.
      if (known !== short.known) short.unwanted = 0
      const wasUrgent = short.isUrgent
      const hasFallen = known < short.known
      short.piece = piece
      short.known = known
      short.proven = proven
      // A new holder knows few of the others yet, and has checked fewer. Its clock may have been set back since it took its piece.
      short.isUrgent = isUrgent && (!isNew || clock.ran() - short.foundAt >= claimMs)
      if (hasFallen || (short.isUrgent && !wasUrgent)) short.fellAt = clock.ran()
      const epoch = epochAt(now(), scanMs)
      if (epoch !== short.epoch) {
        short.epoch = epoch
        short.isGivenUp = false
        delayAnew(short)
      }
      const at = decide(short, segment)
      short.isRunning = at === 'now'
      short.lookAt = at === 'now' ? Infinity : Math.min(at, nextEpochAt())
      return at
    },
    leave,
    leaveUnwanted(segmentId, firstMs, mostMs) {
      const short = shorts.get(hex(segmentId))
      if (short === undefined) return
      leave(segmentId, clock.ran() + Math.min(mostMs, firstMs * 2 ** Math.min(16, short.unwanted++)))
      count(short, 0)
    },
    leaveAlone(segmentId, at) {
      const short = shorts.get(hex(segmentId))
      if (short === undefined) return
      leave(segmentId, at)
      short.hasNobody = true
      count(short, 0)
    },
    waitingBytes: () => waitingBytes,
    isUrgent: (segmentId) => shorts.get(hex(segmentId))?.isUrgent === true,
    forget(segmentId) {
      waitingBytes -= shorts.get(hex(segmentId))?.waitingBytes ?? 0
      shorts.delete(hex(segmentId))
      heard.noteWhole(segmentId)
    },
    due() {
      const due: Short[] = []
      for (const short of shorts.values()) if (short.lookAt <= clock.ran()) due.push(short)
      return due.toSorted((a, b) => Number(b.isUrgent) - Number(a.isUrgent)).map(({ piece }) => piece)
    },
    nextAt() {
      let next = Infinity
      for (const { lookAt } of shorts.values()) next = Math.min(next, lookAt)
      return next
    },
    hurry(segmentId) {
      const short = shorts.get(hex(segmentId))
      if (short !== undefined && !short.isRunning) short.lookAt = Math.min(short.lookAt, clock.ran())
    },
  }
}
