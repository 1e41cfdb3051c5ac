import { equalBytes, type Bytes } from '../../../core/bytes.ts'
import { checkCharter, newerPaper, readCharter, type Paper } from '../../../core/charter.ts'
import { decodeDescriptor, segmentIdOf, type Descriptor } from '../../../core/descriptor.ts'
import { checkPermit, readPermit } from '../../../core/permit.ts'
import { shardLength } from '../../../core/segment.ts'
import { refused } from '../../../protocol/refusal.ts'
import type { StoreRequest } from '../../../protocol/shard-messages.ts'
import { type HolderState, isOver, isRetiredBy } from '../keeping/keep-shards.ts'
import type { KeptShard } from '../keeping/kept-shards.ts'
import type { Work } from '../work.ts'
import type { PeerId } from '../../../core/ids.ts'

/** A shard that a STORE or a REPAIR describes, checked. */
export interface Candidate {
  readonly row: KeptShard
  readonly descriptorBytes: Bytes
  /** The newer of the known paper and the charter that was shown. */
  readonly paper: Paper
}

/** What a request says of its shard, read and not signed for yet. */
export interface Described {
  readonly descriptor: Descriptor
  /** The row of the shard, without what its kind of request adds. */
  readonly row: KeptShard
  readonly shown: Paper
}

/**
 * Returns the shard that a STORE describes. Cheap checks come first; the signatures of a charter and a permit that are known here are not
 * checked again.
 * @throws HoardError 'format-*' | 'signature-invalid' | 'holder-refused' BAD-REQUEST | RATE
 * Source: SPEC.md ADM1, WRK3.
 */
export async function checkOffer(
  state: Pick<HolderState, 'signer' | 'clock' | 'papers' | 'keptShards' | 'groups'>,
  work: Work,
  peer: PeerId,
  request: StoreRequest,
): Promise<Candidate> {
  const { index, permit } = request
  const { descriptor, row, shown } = readOffer(state, peer, request)
  const { segmentId } = row
  // Only the owner places: else a holder could give copies of its shard to everybody, who may then keep no other of the segment.
  if (!permit) throw refused('BAD-REQUEST')
  const wish = readPermit(permit)
  if (wish.holder !== state.signer.peerId || wish.index !== index || !equalBytes(wish.segmentId, segmentId)) throw refused('BAD-REQUEST')
  const paper = await newestPaper(state, work, peer, shown)
  const kept = state.keptShards.find(segmentId)
  if (!kept?.isPermitted || kept.index !== index) work.check(peer, () => checkPermit(permit, descriptor.groupKey))
  return { row: { ...row, isPermitted: true }, descriptorBytes: request.descriptor, paper }
}

/**
 * Returns what a request says of its shard, which `peer` brings, without checking a signature.
 * @throws HoardError 'format-*' | 'holder-refused' BAD-REQUEST
 */
export function readOffer(
  { clock }: Pick<HolderState, 'clock'>,
  peer: PeerId,
  { descriptor: bytes, charter, index }: Omit<StoreRequest, 'permit'>,
): Described {
  const descriptor = decodeDescriptor(bytes)
  const shardId = descriptor.shardIds[index]
  const shown = readCharter(charter)
  if (!shardId || !equalBytes(shown.groupKey, descriptor.groupKey)) throw refused('BAD-REQUEST')
  const length = shardLength(descriptor.sealedLength, descriptor.k)
  const row = { segmentId: segmentIdOf(bytes), groupId: shown.groupId, index, shardId, length, placedBy: peer, at: clock.now() }
  return { descriptor, row, shown }
}

/** Resolves with the newer of the known paper and `shown`, which is checked when it is newer. Throws like `checkCharter`, and RATE. */
export async function newestPaper(
  { papers, groups }: Pick<HolderState, 'papers' | 'groups'>,
  work: Work,
  peer: PeerId,
  shown: Paper,
): Promise<Paper> {
  const known = await groups.paper(shown.groupId)
  return known && newerPaper(known, shown) === known ? known : work.check(peer, () => checkCharter(shown.bytes, papers.now()))
}

/**
 * Throws BAD-REQUEST when a shard of the segment is kept that the owner's `row` may not replace: a holder keeps one shard of a segment, so
 * that losing one person loses one shard. The owner's shard replaces one that somebody else brought, but not another of the owner's.
 * SPEC ADM3.
 */
export function refuseSecond(kept: KeptShard | undefined, row: KeptShard): void {
  if (!kept || kept.index === row.index) return
  if (kept.isPermitted || (!kept.isRepaired && kept.placedBy === row.placedBy)) throw refused('BAD-REQUEST', kept.index)
}

/** Throws EXPIRED when the group has ended or is over at `now`, or has retired the segment of the row. SPEC ADM1. */
export function refuseOver(paper: Paper, row: KeptShard, now: number): void {
  if (paper.is === 'tombstone' || isOver({ is: paper.is, ...paper.charter }, now) || isRetiredBy(paper, row.segmentId))
    throw refused('EXPIRED')
}
