import type { PeerId } from '../../core/ids.ts'
import type { AwayView } from '../api/file-view.ts'
import { isCounted } from '../groups/counted-pieces.ts'
import { isProven } from '../groups/enroll.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Content } from '../storing/content.ts'

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
