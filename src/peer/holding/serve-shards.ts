import { concatBytes, type Bytes } from '../../core/bytes.ts'
import type { GroupId, SegmentId } from '../../core/ids.ts'
import { rangeProof } from '../../core/merkle.ts'
import { leafSpan } from '../../core/segment.ts'
import { FETCH_LEAVES } from '../../protocol/limits.ts'
import { refused } from '../../protocol/refusal.ts'
import type { LeafRange, ShardHost } from '../../protocol/shard-messages.ts'
import { isLoss } from './admitting/admission.ts'
import { type HolderState, isOver, type KeptState } from './keeping/keep-shards.ts'
import type { KeptPapers, KeptShard } from './keeping/kept-shards.ts'
import type { Turn } from '../../flow/turns.ts'

/** Returns this holder's answers to DESCRIBE, HAS and FETCH. SPEC SHA2, SHA3, FET. */
export function createServing(parts: {
  readonly state: HolderState
  readonly keptState: KeptState
  /** Tells whether pieces of a group may be served. SPEC SYN6. */
  readonly isServable: (groupId: GroupId) => boolean
  readonly inTurn: Turn
  readonly changed: () => void
}): Pick<ShardHost, 'describe' | 'has' | 'read'> {
  const { state, keptState, isServable, inTurn, changed } = parts
  const { papers, shardDisk, keptShards, groups } = state

  /** Returns the reason why a row is not served; undefined when it is. */
  function refusalOfRow(row: KeptShard | undefined): 'UNKNOWN' | 'EXPIRED' | 'BUSY' | undefined {
    if (!row) return 'UNKNOWN'
    const facts = groups.facts(row.groupId)
    if (row.trashedAt !== undefined || (facts && isOver(facts, papers.passed()))) return 'EXPIRED'
    return isServable(row.groupId) ? undefined : 'BUSY'
  }

  function servedRow(segmentId: SegmentId): KeptShard {
    const row = keptShards.find(segmentId)
    const refusal = refusalOfRow(row)
    if (!row || refusal) throw refused(refusal ?? 'UNKNOWN')
    return row
  }

  /** Returns the refusal of a piece that is not kept. Those who have not heard that it was given up hold nothing against this device. */
  const notKept = (segmentId: SegmentId, index: number) => refused(keptState.isGivenUp(segmentId, index) ? 'EXPIRED' : 'UNKNOWN')

  async function lose(row: KeptShard): Promise<never> {
    await inTurn(async () => {
      // Another request may have found the loss at the same time.
      if (keptShards.find(row.segmentId) === row) await keptState.declareLost([row])
    })
    changed()
    throw notKept(row.segmentId, row.index)
  }

  async function papersOf(row: KeptShard): Promise<KeptPapers> {
    return (await keptShards.papers(row)) ?? lose(row)
  }

  async function readRange(row: KeptShard, { descriptor, leafDigests }: KeptPapers, { first, count }: LeafRange) {
    const { sealedLength, k } = descriptor
    const { offset } = leafSpan(sealedLength, k, first)
    const last = leafSpan(sealedLength, k, first + count - 1)
    // The bytes from the disk are not digested here: the reader verifies them, and a disk that lies is a holder that lies.
    const bytes = await shardDisk.read(row.shardId, offset, last.offset + last.length - offset)
    return { bytes, proof: rangeProof(leafDigests, first, count) }
  }

  return {
    describe: async (segmentId) => (await papersOf(servedRow(segmentId))).descriptorBytes,
    has: async (segmentIds) => {
      const rows = segmentIds.map((segmentId) => keptShards.find(segmentId)).filter((row) => row !== undefined)
      return rows.filter((row) => refusalOfRow(row) === undefined).map(({ segmentId, index }) => ({ segmentId, index }))
    },
    read: async ({ segmentId, index, ranges }) => {
      const row = keptShards.find(segmentId) && servedRow(segmentId)
      if (row?.index !== index) throw notKept(segmentId, index)
      const papers = await papersOf(row)
      refuseBadRanges(ranges, papers.leafDigests.length)
      try {
        const parts: { readonly bytes: Bytes; readonly proof: readonly Bytes[] }[] = []
        for (const range of ranges) parts.push(await readRange(row, papers, range))
        const [only] = parts
        return {
          bytes: only && parts.length === 1 ? only.bytes : concatBytes(...parts.map(({ bytes }) => bytes)),
          proofs: parts.map(({ proof }) => proof),
        }
      } catch (error) {
        if (!isLoss(error)) throw error
        return lose(row)
      }
    },
  }
}

/** Throws BAD-REQUEST unless the ranges ascend without overlap, lie in the shard and have at most 16 leaves together. SPEC FET2. */
function refuseBadRanges(ranges: readonly LeafRange[], leaves: number): void {
  let end = 0
  let wanted = 0
  for (const { first, count } of ranges) {
    if (first < end || first + count > leaves) throw refused('BAD-REQUEST')
    end = first + count
    wanted += count
  }
  if (wanted > FETCH_LEAVES) throw refused('BAD-REQUEST')
}
