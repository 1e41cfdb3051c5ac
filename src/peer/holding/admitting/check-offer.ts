import { equalBytes, type Bytes } from '../../../core/bytes.ts'
import { checkCharter, newerPaper, readCharter, type Paper } from '../../../core/charter.ts'
import { decodeDescriptor, segmentIdOf } from '../../../core/descriptor.ts'
import { checkPermit, readPermit } from '../../../core/permit.ts'
import { shardLength } from '../../../core/segment.ts'
import { refused } from '../../../protocol/refusal.ts'
import type { StoreRequest } from '../../../protocol/shard-messages.ts'
import { type HolderState, isOver, isRetiredBy } from '../keeping/keep-shards.ts'
import type { KeptShard } from '../keeping/kept-shards.ts'
import type { Work } from '../work.ts'
import type { PeerId } from '../../../core/ids.ts'

/** A shard that a STORE describes, checked. */
export interface Candidate {
  readonly row: KeptShard
  readonly descriptorBytes: Bytes
  /** The newer of the known paper and the charter that was shown. */
  readonly paper: Paper
}

/**
 * Returns the shard that a STORE describes. Cheap checks come first; the signatures of a charter and a permit that are known here are not
 * checked again.
 * @throws HoardError 'format-*' | 'signature-invalid' | 'holder-refused' BAD-REQUEST | RATE
 * Source: SPEC.md ADM1, WRK3.
 */
export async function checkOffer(
  { signer, clock, papers, keptShards, groups }: Pick<HolderState, 'signer' | 'clock' | 'papers' | 'keptShards' | 'groups'>,
  work: Work,
  peer: PeerId,
  { descriptor: descriptorBytes, charter, index, permit }: StoreRequest,
): Promise<Candidate> {
  const descriptor = decodeDescriptor(descriptorBytes)
  const shardId = descriptor.shardIds[index]
  const segmentId = segmentIdOf(descriptorBytes)
  // Only the owner places: else a holder could give copies of its shard to everybody, who may then keep no other of the segment.
  if (!shardId || !permit) throw refused('BAD-REQUEST')
  const wish = readPermit(permit)
  if (wish.holder !== signer.peerId || wish.index !== index || !equalBytes(wish.segmentId, segmentId)) throw refused('BAD-REQUEST')
  const shown = readCharter(charter)
  if (!equalBytes(shown.groupKey, descriptor.groupKey)) throw refused('BAD-REQUEST')
  const known = await groups.paper(shown.groupId)
  const paper = known && newerPaper(known, shown) === known ? known : work.check(peer, () => checkCharter(charter, papers.now()))
  const kept = keptShards.find(segmentId)
  if (!kept?.isPermitted || kept.index !== index) work.check(peer, () => checkPermit(permit, descriptor.groupKey))
  const length = shardLength(descriptor.sealedLength, descriptor.k)
  const row = { segmentId, groupId: paper.groupId, index, shardId, length, placedBy: peer, at: clock.now(), isPermitted: true } as const
  return { row, descriptorBytes, paper }
}

/**
 * Throws BAD-REQUEST when a shard of the segment is kept that `row` may not replace: a holder keeps one shard of a segment, so that losing
 * one person loses one shard. The owner's shard replaces one that somebody else brought, but not another of the owner's. SPEC ADM3.
 */
export function refuseSecond(kept: KeptShard | undefined, row: KeptShard): void {
  if (!kept || kept.index === row.index) return
  if (kept.isPermitted || kept.placedBy === row.placedBy) throw refused('BAD-REQUEST', kept.index)
}

/** Throws EXPIRED when the group has ended or is over at `now`, or has retired the segment of the row. SPEC ADM1. */
export function refuseOver(paper: Paper, row: KeptShard, now: number): void {
  if (paper.is === 'tombstone' || isOver({ is: paper.is, ...paper.charter }, now) || isRetiredBy(paper, row.segmentId))
    throw refused('EXPIRED')
}
