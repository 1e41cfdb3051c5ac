import { hex } from '../../core/bytes.ts'
import { epochAt, heed, heedEnd, type Heeded } from '../../core/healing/election.ts'
import type { PeerId, SegmentId } from '../../core/ids.ts'
import type { Policy } from '../../core/policy.ts'
import type { Changes } from '../../flow/changes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RepairSaid } from '../../protocol/sync-messages.ts'

/** What people who keep pieces of own files say of repairs that they make. */
export interface HeardRepairs {
  /** Notes the word of `peer`, who keeps a piece of the segment, about itself. `need`: whether pieces of the segment are missing. */
  note(peer: PeerId, said: RepairSaid, need: 'short' | 'whole'): void
  /** Tells whether somebody repairs the segment now, as far as it is believed. */
  isUnderWay(segmentId: SegmentId): boolean
}

/** Most segments of which such words are remembered, some 200 bytes each and 50 more for each person heard. */
const SEGMENTS_AT_MOST = 1_024

/** Returns the words heard so far, none. `changes` is told when one begins or ends, until `signal` aborts. SPEC GRO8. */
export function createHeardRepairs(clock: Clock, { guardian }: Policy, changes: Changes, signal: AbortSignal): HeardRepairs {
  const heededBySegment = new Map<string, Heeded>()
  const { claimMs, scanMs } = guardian
  const isOver = ({ until }: Heeded): boolean => until <= clock.now()

  /** Returns whether there is room for one more, for which the one heard of longest ago that is over may go. */
  function makeRoom(): boolean {
    if (heededBySegment.size < SEGMENTS_AT_MOST) return true
    for (const [name, heeded] of heededBySegment) if (isOver(heeded)) return heededBySegment.delete(name)
    return false
  }

  return {
    note(peer, { segmentId, course }, need) {
      const name = hex(segmentId)
      const known = heededBySegment.get(name)
      if (course.is !== 'under way') {
        if (known === undefined) return
        heededBySegment.set(name, heedEnd(known, peer, clock.now()))
        changes.tell()
        return
      }
      // All of one shortage share one bound: it begins anew only once the segment is whole again.
      const before = known !== undefined && need === 'whole' && isOver(known) ? undefined : known
      if (known === undefined && !makeRoom()) return
      const heeded = heed(before, { peer, until: course.until }, epochAt(clock.now(), scanMs), clock.now(), claimMs)
      if (heeded === known) return
      heededBySegment.set(name, heeded)
      if (isOver(heeded)) return
      changes.tell()
      clock.wait(heeded.until - clock.now(), { signal }).then(changes.tell, () => undefined)
    },
    isUnderWay(segmentId) {
      if (heededBySegment.size === 0) return false
      const heeded = heededBySegment.get(hex(segmentId))
      return heeded !== undefined && !isOver(heeded)
    },
  }
}
