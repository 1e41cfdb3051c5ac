import { equalBytes, type Bytes } from '../../../core/bytes.ts'
import { checkClaim, readClaim, type CheckedClaim, type ClaimFields } from '../../../core/claim.ts'
import type { PeerId } from '../../../core/ids.ts'
import { refused } from '../../../protocol/refusal.ts'
import type { RepairRequest } from '../../../protocol/shard-messages.ts'
import type { HolderState } from '../keeping/keep-shards.ts'
import type { KeptShard } from '../keeping/kept-shards.ts'
import type { Work } from '../work.ts'
import { type Described, readOffer } from './check-offer.ts'

/** A claim that a REPAIR shows, read and not checked. */
export interface ShownClaim extends Pick<ClaimFields, 'holder' | 'seq'> {
  /** The index of the segment that it says its holder keeps. */
  readonly index: number
  readonly bytes: Bytes
}

/** A claim that a REPAIR shows, checked. */
export interface WitnessClaim {
  readonly claim: CheckedClaim
  /** The index of the segment that it says its holder keeps. */
  readonly index: number
}

/**
 * Returns what a REPAIR says of its shard and who keeps others of the segment, without checking a signature.
 * @throws HoardError 'format-*' | 'holder-refused' BAD-REQUEST
 * Source: SPEC.md REP3, WRK3.
 */
export function readRepair(
  state: Pick<HolderState, 'clock' | 'signer'>,
  guardian: PeerId,
  request: RepairRequest,
): Described & { readonly claims: readonly ShownClaim[] } {
  const described = readOffer(state, guardian, request)
  const { row, descriptor } = described
  const holders = new Set<PeerId>([state.signer.peerId])
  const claims = request.claims.map((bytes) => {
    const { groupId, holder, seq, rows } = readClaim(bytes)
    const index = indexIn(rows, row)
    if (!equalBytes(groupId, row.groupId) || holders.has(holder) || index === undefined) throw refused('BAD-REQUEST')
    if (index >= descriptor.shardIds.length) throw refused('BAD-REQUEST')
    holders.add(holder)
    return { holder, seq, index, bytes }
  })
  refuseTooFew(claims, guardian, row, descriptor.k)
  return { ...described, claims }
}

/**
 * Resolves with the claims, every signature checked. Where this device knows a newer claim of the same holder, that one stands in its place,
 * and none if it says nothing of the segment. Claims that are known here cost no signature.
 * @throws HoardError 'format-*' | 'signature-invalid' | 'holder-refused' BAD-REQUEST | RATE
 * Source: SPEC.md REP3, WRK3.
 */
export async function checkClaims(
  { claims, papers }: Pick<HolderState, 'claims' | 'papers'>,
  work: Work,
  guardian: PeerId,
  { row, descriptor, claims: shown }: ReturnType<typeof readRepair>,
): Promise<readonly WitnessClaim[]> {
  const roll = claims.roll(row.groupId)
  const checked: WitnessClaim[] = []
  for (const { holder, seq, bytes } of shown) {
    // Most repairs are of groups of which nothing is known here: the disk is asked only about holders in the roll.
    const known = roll.find(holder) && (await claims.find(row.groupId, holder))
    const isKnown = known !== undefined && (known.seq > seq || equalBytes(known.bytes, bytes))
    const claim = isKnown ? known : work.check(guardian, () => checkClaim(bytes, papers.now()))
    const index = indexIn(claim.rows, row)
    if (index !== undefined && index < descriptor.shardIds.length) checked.push({ claim, index })
  }
  refuseTooFew(
    checked.map(({ claim, index }) => ({ holder: claim.holder, index })),
    guardian,
    row,
    descriptor.k,
  )
  return checked
}

/** Tells whether `guardian` brings the very piece that it says it keeps itself: it hands that over. SPEC REP9. */
function isHandedOver(
  claims: readonly Pick<ShownClaim, 'holder' | 'index'>[],
  guardian: PeerId,
  { index }: Pick<KeptShard, 'index'>,
): boolean {
  return claims.some((claim) => claim.holder === guardian && claim.index === index)
}

/** Returns the index of the segment of `row` that a claim with these rows names; undefined when it names none. */
export function indexIn(rows: ClaimFields['rows'], { segmentId }: Pick<KeptShard, 'segmentId'>): number | undefined {
  return rows.find((each) => equalBytes(each.segmentId, segmentId))?.index
}

/**
 * Throws BAD-REQUEST when the claims name fewer than k indices beside the one that is brought: the shard could not have been made of them. One
 * that is handed over counts with them.
 */
function refuseTooFew(claims: readonly Pick<ShownClaim, 'holder' | 'index'>[], guardian: PeerId, row: KeptShard, k: number): void {
  const named = new Set(claims.map(({ index }) => index))
  if (!isHandedOver(claims, guardian, row)) named.delete(row.index)
  if (named.size < k) throw refused('BAD-REQUEST')
}
