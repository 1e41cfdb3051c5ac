import { leavesOfShard } from '../../core/segment.ts'
import { raceSignal, within } from '../../flow/deadline.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { verifyLeaves } from '../fetching/verify-leaves.ts'
import type { Lines } from '../people/lines.ts'
import type { People } from '../people/people.ts'
import type { Piece, PlacedSegment } from './placed-segment.ts'

/** A leaf and its proof are a few kilobytes: a holder that needs longer for them is no help to a reader. */
const PROVE_MS = 10_000

/**
 * Resolves once the holder has given one leaf of its piece that it could not foresee, and the leaf proved itself; it counts like a check.
 * Throws what reading or `verifyLeaves` throws; `signal.reason`.
 */
export async function provePiece(
  { parts, lines, people }: { readonly parts: PeerParts; readonly lines: Lines; readonly people: Pick<People, 'conduct'> },
  { descriptor, segmentId }: PlacedSegment,
  { index, holder }: Pick<Piece, 'index' | 'holder'>,
  signal: AbortSignal,
): Promise<void> {
  const firstLeaf = randomBelow(parts, leavesOfShard(descriptor.sealedLength, descriptor.k))
  const range = { index, firstLeaf, leaves: 1 }
  const prove = async (): Promise<void> => {
    const line = await lines.to(holder)
    const { bytes, proof } = await line.read({ segmentId, ...range })
    await verifyLeaves(parts.coder, descriptor, range, bytes, proof)
  }
  await within(parts.clock, PROVE_MS, signal, (deadline) => raceSignal(retryWorker(prove), deadline))
  people.conduct.noteProven(holder, { segmentId, index }, undefined)
}

function randomBelow({ random }: PeerParts, bound: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4)
  return Math.floor(((a * 2 ** 24 + b * 2 ** 16 + c * 256 + d) / 2 ** 32) * bound)
}
