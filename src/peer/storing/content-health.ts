import { healthOf, type KeptPiece, type Health } from '../../core/health.ts'
import { isNew, uptimeOf } from '../../core/healing/presence.ts'
import { isSteady, steadinessOf, type Keeper, type Steadiness } from '../../core/healing/steadiness.ts'
import type { PeerId } from '../../core/ids.ts'
import { gradeOf, type FileCode } from '../../core/policy.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { isCounted } from '../groups/counted-pieces.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Person } from '../people/person.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import { hasUnbegun, type Content } from './content.ts'

/** The safety of an own content. */
export interface ContentHealth extends Health {
  /** How steady those are who keep it. SPEC HTH9. */
  readonly steadiness: Steadiness
  /**
   * This device has just started and has not met everybody again: people whom it saw within a day count as here.
   */
  readonly isChecking: boolean
  /** When the piece whose proof is oldest proved itself, Unix milliseconds; absent while nothing is kept. SPEC HTH8. */
  readonly provenAt?: number
}

/** What it takes to tell who keeps a content. */
type HealthTools = Pick<StoreTools, 'people' | 'known'> & { readonly parts: Pick<PeerParts, 'policy'> }

/** A row of a claim about a segment. */
type Row = Parameters<typeof isCounted>[1]

const DAY_MS = 86_400_000

/**
 * Returns the health of `content` at `now`, Unix milliseconds, from the pieces that were read back and count still, whoever placed them,
 * manifests included. SPEC HTH.
 */
export function contentHealth(content: Content, { people, known, parts }: HealthTools, now: number): ContentHealth {
  const { code } = content
  if (code === undefined) return { ...healthOf([], 0), steadiness: steadinessOf([], 0), isChecking: false }
  const { beaconMs } = parts.policy.presence
  let isChecking = false
  const keeperByPeer = new Map<PeerId, Omit<KeptPiece, 'index'> & Keeper>()
  const keeperOf = (peer: PeerId): Omit<KeptPiece, 'index'> & Keeper => {
    const before = keeperByPeer.get(peer)
    if (before !== undefined) return before
    const person = people.of(peer)
    const isLately = isSeenLately(person, now)
    const isAwaited = !person.isHere && people.isAwaited(peer)
    if (isAwaited) isChecking = true
    const keeper = {
      person: peer,
      isHere: isLately && (person.isHere || isAwaited),
      isLately,
      uptime: isLately ? uptimeOf(person.habits, now, beaconMs) : 0,
      isNew: isNew(person.habits, now, beaconMs),
    }
    keeperByPeer.set(peer, keeper)
    return keeper
  }
  let provenAt = Infinity
  const segments = countedPieces(content, known, (row) => {
    provenAt = Math.min(provenAt, provenAtOf(people, row))
    return { index: row.index, ...keeperOf(row.holder) }
  })
  const steadiness = steadinessOf(segments, code.k)
  return { ...healthOf(segments, code.k), steadiness, isChecking, ...(provenAt < Infinity && { provenAt }) }
}

/** Returns when this device last had proof of a row, Unix milliseconds. SPEC HTH8. */
export function provenAtOf({ conduct }: Pick<StoreTools['people'], 'conduct'>, { holder, checkedAt = 0 }: Row): number {
  // Three newer proofs prove it too, whether of other pieces or of itself and two others. SPEC EVD1.
  return Math.max(checkedAt, conduct.of(holder).checks[2]?.at ?? 0)
}

/**
 * Tells whether people alone keep a content of that health, of which `m` pieces make the grade: so many are with people who are here, and they
 * are steady. SPEC HTH4, HTH5, POL10.
 */
export function isInGoodHands({ here, isChecking, steadiness }: ContentHealth, m: number): boolean {
  return !isChecking && here >= m && isSteady(steadiness)
}

/** Tells whether the sealed copy of a content of that health may go by itself: it is more than Fragile, and in good hands. SPEC POL10. */
export function mayGo(health: ContentHealth, { k, n, m }: FileCode): boolean {
  return gradeOf(k, n, health.steadiness) !== 'Fragile' && isInGoodHands(health, m)
}

/** Tells whether a person was seen within a day of `now`, Unix milliseconds, and did not lie. */
export function isSeenLately({ isHere, lies, seenAt, seenBefore }: Person, now: number): boolean {
  return lies === 0 && (isHere || now - Math.max(seenAt, seenBefore) < DAY_MS)
}

/** Returns what `of` makes of the pieces that count, by segment; a segment that is not described yet is an empty list. */
export function countedPieces<Piece>(
  content: Content,
  counting: StoreTools['known'],
  of: (row: Row, segment: PlacedSegment) => Piece,
): readonly (readonly Piece[])[] {
  const segments = content.groups.flatMap(({ roll, segments: own }) =>
    [...own.values()].map((segment) =>
      roll.keepersOf(segment.segmentId).flatMap((row) => (isCounted(counting, row, segment) ? [of(row, segment)] : [])),
    ),
  )
  return hasUnbegun(content) ? [...segments, []] : segments
}
