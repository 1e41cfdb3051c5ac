import { keptIndices, missingIndices } from './counted-pieces.ts'
import { isProven } from './enroll.ts'
import { candidatesFor } from '../placing/candidates.ts'
import type { StoreTools } from './owner-tools.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import { type OwnGroup, charterForStore, commitPieces } from './own-group.ts'
import { signPermit } from '../../core/permit.ts'
import { placeSegment } from '../placing/place-segment.ts'
import { codeOf } from '../../core/errors.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import { claimedPieces, type PlacedSegment } from '../placing/placed-segment.ts'
import type { PeerId } from '../../core/ids.ts'
const FULL_MS = 60_000
const BUSY_MS = 5_000

/** Runs one round of placing a segment of `group` with people who keep none of it. Returns how many pieces were newly claimed. */
export async function placeRound(
  tools: StoreTools,
  group: OwnGroup,
  at: number,
  segment: PlacedSegment,
  source: SegmentSource,
  onPlaced: (bytes: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const { parts, people, journal, refusedUntil, changes, patient } = tools
  const charter = await charterForStore(journal, group, people.papers.now())
  return placeSegment(
    tools,
    {
      groupId: group.groupId,
      segment,
      charter,
      source,
      permitFor: (holder, index) => signPermit(group.seed, { holder, segmentId: segment.segmentId, index }),
      keep: (next, claim) => commitPieces(journal, group, at, segment, next, claim),
      kept: () => keptIndices(patient, group, segment),
      missing: () => missingIndices(patient, group, segment),
      candidates: () => candidatesOf(tools, group, segment),
      onPlaced: (bytes) => {
        onPlaced(bytes)
        changes.tell()
      },
      onRefused: (peer, error) => {
        people.papers.noteRefusal(peer, error)
        const isLong = codeOf(error) === 'holder-silent' || refusalOf(error) === 'FULL' || refusalOf(error) === 'QUOTA'
        refusedUntil.set(peer, parts.clock.now() + (isLong ? FULL_MS : BUSY_MS))
      },
    },
    signal,
  )
}

/** Tells whether a piece of a segment of `group` is missing and somebody could take it. */
export function isWanted(tools: StoreTools, group: OwnGroup, segment: PlacedSegment): boolean {
  return missingIndices(tools.patient, group, segment).length > 0 && candidatesOf(tools, group, segment).length > 0
}

/** Returns the people to offer the next pieces of a segment of `group`, best first. */
function candidatesOf(tools: StoreTools, group: OwnGroup, segment: PlacedSegment): readonly PeerId[] {
  const { roll } = group
  const others = new Set(roll.keepersOf(segment.segmentId).flatMap((row) => (isProven(row) ? [row.holder] : [])))
  return candidatesFor(tools, segment, (peer) => isInSet(group, peer)).filter((peer) => !others.has(peer))
}

/** Tells whether the person keeps something of the group, which its word alone does not show. */
function isInSet({ roll, segments }: OwnGroup, peer: PeerId): boolean {
  const known = roll.find(peer)
  if (known === undefined || known.rows === 0) return false
  return known.isChecked || [...segments.values()].some((segment) => claimedPieces(segment).some(({ holder }) => holder === peer))
}
