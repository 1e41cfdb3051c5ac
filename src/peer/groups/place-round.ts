import type { Bytes } from '../../core/bytes.ts'
import { urgentBound } from '../../core/healing/repair-need.ts'
import { countedIndices, keptIndices, missingIndices } from './counted-pieces.ts'
import { isProven } from './enroll.ts'
import { candidatesFor } from '../placing/candidates.ts'
import type { StoreTools } from './owner-tools.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import { type OwnGroup, allSegments, commitPieces, isOpenable } from './own-group.ts'
import { charterForStore } from './own-papers.ts'
import { signPermit } from '../../core/permit.ts'
import { placeSegment } from '../placing/place-segment.ts'
import { codeOf, HoardError } from '../../core/errors.ts'
import { refusalOf, type Refusal } from '../../protocol/refusal.ts'
import { claimedPieces, type PlacedSegment } from '../placing/placed-segment.ts'
import type { PeerId } from '../../core/ids.ts'
const FULL_MS = 60_000
const BUSY_MS = 5_000
const LONG: readonly Refusal[] = ['FULL', 'QUOTA', 'BUSY-REPAIRING']
/** Share of claimMs after which it is said anew that a repair goes on. SPEC SYN5. */
const SAY_AGAIN = 1 / 2

const enough = new HoardError('stream-closed', { reason: 'n pieces are kept' })

/**
 * Runs one round of placing a segment of `group` with people who keep none of it: of `atMost` pieces where others follow. Returns how many pieces were newly claimed. Where pieces
 * are lost that guardians would make anew, those near are told, so that they leave it to this device.
 * Source: protocol SPEC.md SYN5.
 */
export async function placeRound(
  tools: StoreTools,
  group: OwnGroup,
  at: number,
  segment: PlacedSegment,
  source: SegmentSource,
  onPlaced: (bytes: number) => void,
  signal: AbortSignal,
  atMost = Infinity,
): Promise<number> {
  const { parts, people, journal, refusedUntil, busyRepairing, changes, patient } = tools
  const charter = await charterForStore(journal, group, parts.policy, people.papers.now())
  const told = tellOfRepair(tools, group, segment, atMost < Infinity ? 'another round' : 'nothing')
  /** Others may make the pieces anew meanwhile. */
  const readStripe: SegmentSource['readStripe'] = async (span) => {
    if (told.isSaid() && missingIndices(patient, group, segment).length === 0) throw enough
    return source.readStripe(span)
  }
  const placing = placeSegment(
    tools,
    {
      groupId: group.groupId,
      segment,
      charter,
      source: { ...source, readStripe },
      permitFor: (holder, index) => signPermit(group.seed, { holder, segmentId: segment.segmentId, index }),
      async keep(next, claim) {
        await commitPieces(journal, group, at, segment, next, claim)
        if (claim === undefined) return
        told.claims.push(claim.claim)
        busyRepairing.delete(claim.holder)
      },
      kept: () => keptIndices(patient, group, segment),
      missing: () => missingIndices(patient, group, segment).slice(0, atMost),
      candidates: () => candidatesOf(tools, group, segment),
      onPlaced: (bytes) => {
        onPlaced(bytes)
        told.onMoved()
        changes.tell()
      },
      onRefused: (peer, error) => {
        people.papers.noteRefusal(peer, error)
        const refusal = refusalOf(error)
        busyRepairing.delete(peer)
        if (refusal === 'BUSY-REPAIRING') busyRepairing.add(peer)
        const isLong = codeOf(error) === 'holder-silent' || (refusal !== undefined && LONG.includes(refusal))
        refusedUntil.set(peer, parts.clock.now() + (isLong ? FULL_MS : BUSY_MS))
      },
    },
    signal,
  )
  try {
    return await placing
  } catch (error) {
    if (error !== enough) throw error
    return 0
  } finally {
    told.end()
  }
}

/**
 * Tells whether this device leaves the segment of a stored content or link to a guardian that is at work on it: not where so few pieces are
 * read back that it is urgent. The first store of a segment is left to nobody. SPEC GRO8.
 */
export function isLeftToGuardian({ repairs, patient }: StoreTools, group: OwnGroup, segment: PlacedSegment): boolean {
  return repairs.isUnderWay(segment.segmentId) && countedIndices(patient, group, segment).size >= urgentBound(segment.descriptor)
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
function isInSet(group: OwnGroup, peer: PeerId): boolean {
  const known = group.roll.find(peer)
  if (known === undefined || known.rows === 0) return false
  return known.isChecked || [...allSegments(group).values()].some((segment) => claimedPieces(segment).some(({ holder }) => holder === peer))
}

/** Tells whether guardians would make pieces of the segment anew: fewer than m are kept of a group that is stored, and somebody could take one. */
function isForGuardians(tools: StoreTools, group: OwnGroup, segment: PlacedSegment): boolean {
  return isOpenable(group) && isShort(tools, group, segment) && candidatesOf(tools, group, segment).length > 0
}

function isShort({ patient }: StoreTools, group: OwnGroup, segment: PlacedSegment): boolean {
  return countedIndices(patient, group, segment).size < segment.descriptor.m
}

/** What others hear of a repair by this owner. */
interface ToldRepair {
  /** The claims that it brings. */
  readonly claims: Bytes[]
  /** Tells whether others were told that it goes on. */
  isSaid(): boolean
  /** Says that it goes on where people were lost since it began, and anew when that was said long ago. */
  onMoved(): void
  /** Tells of the claims, and that it is over. */
  end(): void
}

/** Says that this device makes pieces of the segment anew, at once or as soon as guardians would make them as well. */
function tellOfRepair(tools: StoreTools, group: OwnGroup, segment: PlacedSegment, after: 'nothing' | 'another round'): ToldRepair {
  const { parts, people, repairNews } = tools
  const { clock, policy } = parts
  const { claimMs } = policy.guardian
  const told = { groupId: group.groupId, segmentId: segment.segmentId }
  const claims: Bytes[] = []
  let saidAt = -Infinity
  const say = (): void => {
    saidAt = clock.ran()
    void repairNews.say(told, { is: 'under way', until: Math.floor(people.papers.now() + claimMs) })
  }
  if (isForGuardians(tools, group, segment)) say()
  return {
    claims,
    isSaid: () => saidAt > -Infinity,
    onMoved() {
      const isDue = saidAt === -Infinity ? isOpenable(group) && isShort(tools, group, segment) : clock.ran() - saidAt > SAY_AGAIN * claimMs
      if (isDue) say()
    },
    end() {
      // Those who keep a piece of a segment that no charter names are told of the others: they would make theirs anew.
      if (saidAt === -Infinity && after === 'nothing') return
      const is = isShort(tools, group, segment) ? 'given up' : 'done'
      const isToGoOn = is === 'given up' && after === 'another round'
      // Guardians who hear that it is over look at once what is missing.
      void repairNews.tellClaims(told, claims).then(() => (isToGoOn ? undefined : repairNews.say(told, { is })))
    },
  }
}
