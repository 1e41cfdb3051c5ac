import type { ReliedPiece } from '../../core/healing/outlook.ts'
import { meanAbsenceMs, uptimeOf } from '../../core/healing/presence.ts'
import { personName } from '../../core/names.ts'
import type { HolderView } from '../api/file-view.ts'
import { isListed } from '../groups/counted-pieces.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Content } from '../storing/content.ts'
import { countedPieces, isSeenLately, provenAtOf } from '../storing/content-health.ts'

/** Returns the rows of the table "Who keeps NAME", by segment and piece. */
export function viewHolders({ groups }: Content, { people, known }: Pick<StoreTools, 'people' | 'known'>): readonly HolderView[] {
  const segments = groups.flatMap(({ roll, segments: own }) =>
    [...own].flatMap(([at, segment]) =>
      at >= 0 ? [roll.keepersOf(segment.segmentId).filter((row) => isListed(known, row, segment))] : [],
    ),
  )
  return segments.flatMap((keepers, segment) =>
    keepers
      .toSorted((a, b) => a.index - b.index)
      .map(({ index, holder }) => {
        const { isNear, seenAt: seenNow, seenBefore } = people.of(holder)
        const seenAt = Math.max(seenNow, seenBefore)
        const seen = seenAt === 0 ? {} : { seenAt }
        return { segment, piece: index, peer: holder, name: personName(holder), isDirect: isNear, isConnected: isNear, ...seen }
      }),
  )
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
  return countedPieces(content, known, (row) => {
    const { index, holder } = row
    const person = people.of(holder)
    const { habits } = person
    const uptime = isSeenLately(person, now) ? uptimeOf(habits, now, beaconMs) : 0
    return { index, person: holder, uptime, meanAbsenceMs: habits && meanAbsenceMs(habits), provenAt: provenAtOf(people, row) }
  })
}
