import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { checkClaim, readClaim, type CheckedClaim, type ClaimFields } from '../../core/claim.ts'
import { isDeviceFault, provesLie } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { isClaimed, type PlacedSegment } from '../placing/placed-segment.ts'
import { provePiece } from '../placing/prove-piece.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import { ranks, type Rank } from '../roll/roll.ts'
import { roomFor, type RollBounds } from '../roll/room-for.ts'
import { deniedPlaces, isProven } from './enroll.ts'
import { allSegments, commitPieces, type OwnGroup } from './own-group.ts'
import type { StoreTools } from './owner-tools.ts'

/** Returns what `verify` returns, at the cost of one signature check for whoever causes it. */
export type CountedCheck = <T>(verify: () => T) => T

/** Most bytes of claims of an own group that count here. SPEC GRO4. */
const GROUP_CLAIM_BYTES = 1024 * 1024
const LOOKS_AT_ONCE = 4

/**
 * Takes into the roll of an own group the claims that `teller` told and that are news. What others tell changes nothing that a holder said
 * itself, and nobody counts before a piece of it was read: `lookAtHolders` does that with the claims that are given to `onNews`, each once
 * it was checked, also those before a wrong one, with the
 * places of the segments of which the holder kept something and says no longer that it does. A claim that is known is news again while a row of it is neither proven nor in vain.
 * @throws HoardError at the first wrong claim: 'format-invalid' | 'signature-invalid', or what `check` throws
 * Source: SPEC.md GRO4, GRO5.
 */
export function hearHolders(
  { parts, people }: StoreTools,
  group: OwnGroup,
  teller: PeerId,
  told: readonly Bytes[],
  check: CountedCheck,
  onNews: (claim: CheckedClaim, denied: readonly number[]) => void,
): void {
  const { roll, groupId } = group
  const { clock, network } = parts
  const lostSince: RollBounds['lostSince'] = ({ holder, takenAt }) => people.lostSince(holder, takenAt)
  const bounds: RollBounds = { self: network.self, bytes: GROUP_CLAIM_BYTES, lostSince }
  for (const bytes of told) {
    const claim = readClaim(bytes)
    const { holder, seq } = claim
    const known = roll.find(holder)
    if (!equalBytes(claim.groupId, groupId) || holder === network.self || seq < (known?.seq ?? 0)) continue
    if (seq === known?.seq) {
      if (isUnsettled(group, claim))
        onNews(
          check(() => checkClaim(bytes, people.papers.now())),
          [],
        )
      continue
    }
    const rank: Rank = teller === holder ? ranks.holder : ranks.hearsay
    const telling = { teller, rank, isPlacers: false }
    const out = roomFor(roll, { holder, telling, bytes: bytes.length, isChecked: false }, bounds)
    if (out === undefined) continue
    const checked = check(() => checkClaim(bytes, people.papers.now()))
    const isTaken = known?.telling?.rank !== ranks.holder || rank !== ranks.hearsay
    const denied = isTaken ? deniedPlaces({ roll, segments: allSegments(group) }, checked) : []
    if (isTaken) {
      for (const other of out) roll.drop(other)
      roll.put({ holder, seq, takenAt: clock.now(), rows: ourRows(group, checked), telling, bytes: bytes.length })
    }
    onNews(checked, denied)
  }
}

/** Tells whether the roll has a row of the claim at which no look has succeeded or failed. */
function isUnsettled(group: OwnGroup, claim: ClaimFields): boolean {
  return ourRows(group, claim).some(({ segmentId, index }) => {
    const row = group.roll.rowOf(claim.holder, segmentId)
    return row?.index === index && !row.hasFailed && row.checkedAt === undefined
  })
}

/**
 * Reads a leaf of every piece that the claims name and that was not read back yet, and writes down who was found to keep one. After a look
 * in vain the others of that claim that are not proven count as looked at in vain too. A look that could not be made, since the holder is
 * away or this device is at fault, says nothing.
 */
export async function lookAtHolders(
  tools: StoreTools,
  group: OwnGroup,
  claims: readonly CheckedClaim[],
  signal: AbortSignal,
): Promise<void> {
  const placeBySegment = new Map([...allSegments(group)].map(([at, segment]) => [hex(segment.segmentId), { at, segment }]))
  await mapLimited(claims, LOOKS_AT_ONCE, async (claim) => {
    for (const { segmentId, index } of ourRows(group, claim)) {
      const place = placeBySegment.get(hex(segmentId))
      const found = place && (await lookAt(tools, group, place, { index, claim }, signal))
      if (found === 'right') continue
      if (found === 'nothing') noteInVain(group, claim)
      return
    }
  })
}

/** Notes a look in vain at every row of the claim that is not proven. */
function noteInVain(group: OwnGroup, claim: CheckedClaim): void {
  const { roll } = group
  for (const { segmentId, index } of ourRows(group, claim)) {
    const row = roll.rowOf(claim.holder, segmentId)
    if (row?.index === index && !isProven(row)) roll.noteFailed(claim.holder, segmentId)
  }
}

/** Looks at one piece, unless it was read back before. Resolves with what was found; undefined when the look could not be made. */
async function lookAt(
  tools: StoreTools,
  group: OwnGroup,
  { at, segment }: { readonly at: number; readonly segment: PlacedSegment },
  { index, claim }: { readonly index: number; readonly claim: CheckedClaim },
  signal: AbortSignal,
): Promise<'right' | 'nothing' | undefined> {
  const { people, lines, parts, changes, journal } = tools
  const { roll } = group
  const { holder } = claim
  const { segmentId } = segment
  const row = roll.rowOf(holder, segmentId)
  if (row?.index === index && isProven(row)) return 'right'
  if (index >= segment.descriptor.shardIds.length || people.known(holder)?.lies) return 'nothing'
  try {
    await provePiece(tools, segment, { index, holder }, signal)
  } catch (error) {
    signal.throwIfAborted()
    const refusal = refusalOf(error)
    // A group that is over is served again once its holder has the renewed charter.
    if (isDeviceFault(error) || refusal === 'EXPIRED' || refusal === 'BUSY') return undefined
    lines.drop(holder)
    const isLie = provesLie(error)
    if (isLie) people.noteLie(holder)
    return isLie || people.known(holder)?.isNear === true ? 'nothing' : undefined
  }
  // Its holder has said something newer meanwhile, which is looked at by itself.
  if ((roll.find(holder)?.seq ?? -1) > claim.seq) return undefined
  const now = parts.clock.now()
  roll.addRow({ holder, segmentId, index, toldAt: now })
  roll.noteChecked(holder, now, segmentId)
  const piece = { index, holder, stage: 'verified' } as const
  await commitPieces(journal, group, at, segment, (pieces) => (isClaimed(segment, index) ? pieces : [...pieces, [index, piece]]), {
    holder,
    claim: claim.bytes,
  })
  changes.tell()
  return 'right'
}

/** Returns the rows of a claim about segments that the group has. */
function ourRows(group: OwnGroup, { rows }: ClaimFields): ClaimFields['rows'] {
  const ours = new Set([...allSegments(group).values()].map(({ segmentId }) => hex(segmentId)))
  return rows.filter(({ segmentId }) => ours.has(hex(segmentId)))
}
