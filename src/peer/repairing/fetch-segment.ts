import { equalBytes } from '../../core/bytes.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { codeOf, ignoreKnownErrors } from '../../core/errors.ts'
import { isStalled } from '../../core/healing/election.ts'
import type { PeerId } from '../../core/ids.ts'
import { stripeCount, stripeSpan } from '../../core/segment.ts'
import { LEAF_BYTES, SLICE_BYTES } from '../../core/sizes.ts'
import { raceSignal } from '../../flow/deadline.ts'
import { prefetch } from '../../flow/prefetch.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import type { Keeper } from '../fetching/evidence.ts'
import { verifyLeaves } from '../fetching/verify-leaves.ts'
import type { OwnSlice, ReadableSegment } from '../fetching/wanted-stripes.ts'
import type { GuardedPiece } from '../holding/guarded-groups.ts'
import { describeSegment } from '../placing/describe-segment.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import { rowsOf, type RepairTools } from './repair-tools.ts'

/** Stripes that are fetched side by side: one is written while the next one comes. */
const STRIPES_AT_ONCE = 2

/** Returns the sealed bytes of the segment in scratch, as they are coded again. */
export function scratchSource({ scratch }: RepairTools, { segmentId }: GuardedPiece, { sealedLength }: Descriptor): SegmentSource {
  return { sealedLength, readStripe: ({ offset, length }) => scratch.read(segmentId, offset, length) }
}

/** Tries, each from the first byte on, that have to give other shards than the descriptor names: one may be the fault of this disk. SPEC RPR14. */
const FALSE_TRIES = 2

/**
 * Resolves once the whole segment is in scratch and gives the very shards that its descriptor names; with 'false' when the bytes that people
 * keep, each proven, twice did not. What scratch has already is not fetched again. k slices of each stripe are read, the own one from the own disk.
 * @throws HoardError 'too-few-shards' where for claimMs too few people were there, and what reading and the scratch throw; `signal.reason`
 * Source: core SPEC.md RPR12 to RPR14.
 */
export async function fetchSegment(
  tools: RepairTools,
  piece: GuardedPiece,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<'whole' | 'false'> {
  const { scratch } = tools
  const { segmentId } = piece
  for (let tries = 0; ;) {
    const had = wholeStripes(scratch.lengthOf(segmentId), descriptor)
    await fetchStripes(tools, piece, descriptor, had, signal)
    if (await isRight(tools, piece, descriptor, signal)) return 'whole'
    await scratch.remove(segmentId)
    // What an earlier try left may have been cut by the end of the program: it proves nothing against the segment.
    if (had === 0 && ++tries === FALSE_TRIES) return 'false'
  }
}

/** Returns the bytes that have yet to come from others. */
export function bytesToFetch({ scratch }: RepairTools, { segmentId }: GuardedPiece, descriptor: Descriptor): number {
  const { k, sealedLength } = descriptor
  const stripes = stripeCount(sealedLength, k)
  return ((stripes - wholeStripes(scratch.lengthOf(segmentId), descriptor)) / stripes) * ((k - 1) / k) * sealedLength
}

function wholeStripes(length: number, { k, sealedLength }: Descriptor): number {
  return length >= sealedLength ? stripeCount(sealedLength, k) : Math.floor(length / (k * SLICE_BYTES))
}

async function fetchStripes(
  tools: RepairTools,
  piece: GuardedPiece,
  descriptor: Descriptor,
  had: number,
  signal: AbortSignal,
): Promise<void> {
  const { stripes, budget, scratch } = tools
  const { k, sealedLength } = descriptor
  const segment = readable(tools, piece, descriptor)
  const coming = prefetch(stripeCount(sealedLength, k) - had, STRIPES_AT_ONCE, async (at) => {
    const span = stripeSpan(sealedLength, k, had + at)
    await raceSignal(budget.take((k - 1) * span.sliceBytes) ?? Promise.resolve(), signal)
    const sealed = await retryWorker(() => stripes.read(segment, span.index, { first: 0, last: k - 1 }, signal))
    return { span, sealed }
  })
  for await (const { span, sealed } of coming) await scratch.write(piece.segmentId, span.offset, sealed)
}

/** Returns the segment as the reader of stripes sees it. Its wait for people ends when nothing came of it for claimMs. */
function readable(tools: RepairTools, piece: GuardedPiece, descriptor: Descriptor): ReadableSegment {
  const { parts, people, checked, guarded } = tools
  const { clock, network, policy } = parts
  const { segmentId, groupId } = piece
  const proven = new Set<PeerId>()
  let movedAt = clock.ran()
  const keepers = (): readonly Keeper[] =>
    rowsOf(tools, piece).flatMap(({ peer, index, standing }) => {
      if (peer === network.self || standing === 'gone' || index >= descriptor.shardIds.length) return []
      return [{ peer, index, evidence: standing === 'proven' ? 'verified' : standing === 'told' ? 'said' : 'heard' }]
    })
  return {
    segmentId,
    descriptor,
    keepers,
    own: (stripe) => ownSlice(tools, piece, descriptor, stripe),
    onProven(peer, index) {
      movedAt = clock.ran()
      if (proven.has(peer)) return
      proven.add(peer)
      people.conduct.noteProven(peer, { segmentId, index }, guarded.roll(groupId).rowOf(peer, segmentId)?.toldAt)
      const look = { found: 'right', segmentId, at: clock.now() } as const
      // What is not written down now is at the next look.
      checked.noteLook(guarded.roll(groupId), peer, { segmentId, index }, look).catch(ignoreKnownErrors)
    },
    async wait(error, signal) {
      if (isStalled(movedAt, clock.ran(), policy.guardian.claimMs)) throw error
      await clock.wait(policy.guardian.rankDelayMs, { signal })
    },
  }
}

/** Resolves with the own slice of a stripe, proven like those of others; undefined when the own disk does not give it. */
async function ownSlice(
  { parts, holder }: RepairTools,
  { segmentId, index }: GuardedPiece,
  descriptor: Descriptor,
  stripe: number,
): Promise<OwnSlice | undefined> {
  const { sliceBytes } = stripeSpan(descriptor.sealedLength, descriptor.k, stripe)
  const range = { index, firstLeaf: (stripe * SLICE_BYTES) / LEAF_BYTES, leaves: Math.ceil(sliceBytes / LEAF_BYTES) }
  try {
    const { bytes, proofs } = await holder.read({ segmentId, index, ranges: [{ first: range.firstLeaf, count: range.leaves }] })
    return { peer: parts.network.self, index, bytes: await verifyLeaves(parts.coder, descriptor, range, bytes, proofs[0] ?? []) }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

/** Tells whether coding the segment anew gives all the shards that its descriptor names. */
async function isRight(tools: RepairTools, piece: GuardedPiece, descriptor: Descriptor, signal: AbortSignal): Promise<boolean> {
  const source = scratchSource(tools, piece, descriptor)
  const { descriptor: made } = await describeSegment(tools.parts.coder, descriptor, descriptor.groupKey, source, signal)
  return made.shardIds.every((id, index) => equalBytes(id, descriptor.shardIds[index] ?? new Uint8Array()))
}
