import { healthOf, type KeptPiece, type Health } from '../../core/health.ts'
import { hasUnbegun, type Content } from '../storing/content.ts'
import type { AwayView } from '../api/file-view.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import { isCounted } from '../groups/counted-pieces.ts'
import { isProven } from '../groups/enroll.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

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

/**
 * Returns the health of `content` at `now`, Unix milliseconds, from the pieces that were read back and count still, whoever placed them,
 * manifests included. SPEC HTH.
 */
export function fileHealth(content: Content, { people, known: counting }: Pick<StoreTools, 'people' | 'known'>, now: number): FileHealth {
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
  const kept = ({ roll }: OwnGroup, segment: PlacedSegment): readonly KeptPiece[] =>
    roll
      .keepersOf(segment.segmentId)
      .flatMap((row) => (isCounted(counting, row, segment) ? [{ index: row.index, ...personOf(row.holder) }] : []))
  const segments = content.groups.flatMap((group) => [...group.segments.values()].map((segment) => kept(group, segment)))
  const health = healthOf(hasUnbegun(content) ? [...segments, nobody] : segments, code.k)
  return { ...health, isChecking }
}

/**
 * Returns who of those that ever proved a piece of `content` is away: all of them, or those whose pieces count no more. Undefined when there
 * is nobody, or nobody of them was ever seen.
 */
export function awayFrom(
  { groups }: Content,
  { people, known }: Pick<StoreTools, 'people' | 'known'>,
  which: 'all' | 'given up',
): AwayView | undefined {
  const keepers = new Set<PeerId>()
  for (const { roll, segments } of groups) {
    for (const segment of segments.values()) {
      for (const row of roll.keepersOf(segment.segmentId)) {
        if (isProven(row) && (which === 'all' || !isCounted(known, row, segment))) keepers.add(row.holder)
      }
    }
  }
  const away = [...keepers].flatMap((peer) => {
    const { name, isHere, lies, seenAt, seenBefore } = people.of(peer)
    const at = Math.max(seenAt, seenBefore)
    return isHere || lies > 0 || at === 0 ? [] : [{ name, at }]
  })
  const [longest] = away.toSorted((a, b) => a.at - b.at)
  return longest && { name: longest.name, others: away.length - 1, since: Math.max(...away.map(({ at }) => at)) }
}
