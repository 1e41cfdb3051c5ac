import { healthOf, type KeptPiece, type Health } from '../../core/health.ts'
import type { ReliedPiece } from '../../core/healing/outlook.ts'
import { meanAbsenceMs, uptimeOf } from '../../core/healing/presence.ts'
import { hasUnbegun, type Content } from '../storing/content.ts'
import type { AwayView } from '../api/file-view.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import { isCounted } from '../groups/counted-pieces.ts'
import { isProven } from '../groups/enroll.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Person } from '../people/person.ts'
import type { RollKeeper } from '../roll/roll.ts'

/** The safety of an own content. */
export interface FileHealth extends Health {
  /**
   * This device has just started and has not met everybody again: people whom it saw within a day count as here.
   */
  readonly isChecking: boolean
}

const DAY_MS = 86_400_000

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
    const keeper = people.of(peer)
    const isLately = isSeenLately(keeper, now)
    const isAwaited = !keeper.isHere && people.isAwaited(peer)
    if (isAwaited) isChecking = true
    const person = { person: peer, isHere: isLately && (keeper.isHere || isAwaited), isLately }
    personByPeer.set(peer, person)
    return person
  }
  const segments = countedPieces(content, counting, ({ index, holder }): KeptPiece => ({ index, ...personOf(holder) }))
  return { ...healthOf(segments, code.k), isChecking }
}

/**
 * Returns the pieces of `content` that count at `now`, Unix milliseconds, by segment, with how often their people are there and how old the proof
 * is. A person who was not seen for a day is not expected to be there, whatever its habits were.
 * Source: core SPEC.md HTH6, HTH8.
 */
export function reliedPieces(
  content: Content,
  { people, known, parts }: Pick<StoreTools, 'people' | 'known' | 'parts'>,
  now: number,
): readonly (readonly ReliedPiece[])[] {
  const { beaconMs } = parts.policy.presence
  return countedPieces(content, known, ({ index, holder, checkedAt = 0 }) => {
    const person = people.of(holder)
    const { habits } = person
    const uptime = isSeenLately(person, now) ? uptimeOf(habits, now, beaconMs) : 0
    // Three newer proofs prove it too, whether of other pieces or of itself and two others. SPEC EVD1.
    const provenAt = Math.max(checkedAt, people.conduct.of(holder).checks[2]?.at ?? 0)
    return { index, person: holder, uptime, meanAbsenceMs: habits && meanAbsenceMs(habits), provenAt }
  })
}

function isSeenLately({ isHere, lies, seenAt, seenBefore }: Person, now: number): boolean {
  return lies === 0 && (isHere || now - Math.max(seenAt, seenBefore) < DAY_MS)
}

/** Returns what `of` makes of the pieces that count, by segment; a segment that is not described yet is an empty list. */
function countedPieces<Piece>(
  content: Content,
  counting: StoreTools['known'],
  of: (row: RollKeeper, segment: PlacedSegment) => Piece,
): readonly (readonly Piece[])[] {
  const segments = content.groups.flatMap(({ roll, segments: own }) =>
    [...own.values()].map((segment) =>
      roll.keepersOf(segment.segmentId).flatMap((row) => (isCounted(counting, row, segment) ? [of(row, segment)] : [])),
    ),
  )
  return hasUnbegun(content) ? [...segments, []] : segments
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
