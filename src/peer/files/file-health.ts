import { healthOf, type KeptPiece, type Health } from '../../core/health.ts'
import { hasUnbegun, type Content } from '../storing/content.ts'
import type { People } from '../people/people.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import { isProven } from '../groups/enroll.ts'
import type { OwnGroup } from '../groups/own-group.ts'

/** The safety of an own content. */
export interface FileHealth extends Health {
  /**
   * This device has just started and has not met everybody again: people whom it saw within a day count as here.
   */
  readonly isChecking: boolean
}

const DAY_MS = 86_400_000
/** Stands for a segment that is not described yet: nobody keeps any of it. */
const nobody: readonly KeptPiece[] = []

/** Returns the health of `content` from the pieces that were read back, whoever placed them, manifests included. SPEC HTH. */
export function fileHealth(content: Content, people: People, now: number): FileHealth {
  const { code } = content
  if (code === undefined) return { ...healthOf([], 0), isChecking: false }
  let isChecking = false
  const personByPeer = new Map<PeerId, Omit<KeptPiece, 'index'>>()
  const personOf = (peer: PeerId): Omit<KeptPiece, 'index'> => {
    const known = personByPeer.get(peer)
    if (known !== undefined) return known
    const { isHere, lies, seenAt, seenBefore } = people.of(peer)
    const isLately = lies === 0 && (isHere || now - Math.max(seenAt, seenBefore) < DAY_MS)
    const isAwaited = !isHere && people.isAwaited(peer)
    if (isAwaited) isChecking = true
    const person = { person: peer, isHere: lies === 0 && (isHere || (isAwaited && isLately)), isLately }
    personByPeer.set(peer, person)
    return person
  }
  const kept = ({ roll }: OwnGroup, { segmentId }: PlacedSegment): readonly KeptPiece[] =>
    roll.keepersOf(segmentId).flatMap((row) => (isProven(row) ? [{ index: row.index, ...personOf(row.holder) }] : []))
  const segments = content.groups.flatMap((group) => [...group.segments.values()].map((segment) => kept(group, segment)))
  const health = healthOf(hasUnbegun(content) ? [...segments, nobody] : segments, code.k)
  return { ...health, isChecking }
}
