import type { ReliedPiece } from '../../core/healing/outlook.ts'
import { meanAbsenceMs, uptimeOf } from '../../core/healing/presence.ts'
import type { PeerId } from '../../core/ids.ts'
import type { AwayView } from '../api/file-view.ts'
import { isCounted } from '../groups/counted-pieces.ts'
import { isProven } from '../groups/enroll.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Content } from '../storing/content.ts'
import { countedPieces, isSeenLately, provenAtOf } from '../storing/content-health.ts'

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
  return countedPieces(content, known, (row) => {
    const { index, holder } = row
    const person = people.of(holder)
    const { habits } = person
    const uptime = isSeenLately(person, now) ? uptimeOf(habits, now, beaconMs) : 0
    return { index, person: holder, uptime, meanAbsenceMs: habits && meanAbsenceMs(habits), provenAt: provenAtOf(people, row) }
  })
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
