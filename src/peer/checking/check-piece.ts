import type { Descriptor } from '../../core/descriptor.ts'
import { codeOf, isDeviceFault, provesLie } from '../../core/errors.ts'
import { drawn } from '../../core/healing/checks.ts'
import type { PeerId } from '../../core/ids.ts'
import { leavesOfShard } from '../../core/segment.ts'
import { raceSignal, within } from '../../flow/deadline.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import type { Random } from '../../ports/random.ts'
import { openFetch } from '../../protocol/fetch-shard.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { verifyLeaves } from '../fetching/verify-leaves.ts'
import type { PieceName } from '../people/evidence/conduct-book.ts'
import type { People } from '../people/people.ts'

/**
 * What a check found: a leaf that proves itself; wrong bytes; that the holder does not know the piece; that it is there but silent or
 * refuses; that it does not serve the piece for now, which is no error; that it is not there; or nothing about the holder, since this device
 * itself failed.
 */
export type Finding = 'right' | 'wrong' | 'unknown' | 'error' | 'unserved' | 'away' | 'own fault'

/** The ports of a check. */
export type CheckParts = Pick<PeerParts, 'network' | 'clock' | 'coder'>

/** A leaf and its proof are a few kilobytes: a holder that needs longer for them is no help to a reader. */
const PROVE_MS = 10_000

/**
 * Asks `peer` for one leaf of the piece, as a reader does, and resolves with what came of it.
 * @param draw a random number in [0, 1), which draws the leaf
 * @throws `signal.reason`
 * Source: core SPEC.md EVD; protocol SPEC.md FET.
 */
export async function checkPiece(
  { network, clock, coder }: CheckParts,
  people: Pick<People, 'known'>,
  { peer, piece, descriptor }: { readonly peer: PeerId; readonly piece: PieceName; readonly descriptor: Descriptor },
  draw: number,
  signal: AbortSignal,
): Promise<Finding> {
  const { segmentId, index } = piece
  const range = { index, firstLeaf: drawn(leavesOfShard(descriptor.sealedLength, descriptor.k), draw), leaves: 1 }
  const read = async (until: AbortSignal): Promise<void> => {
    const line = await openFetch(network, clock, peer, { signal: until, hops: people.known(peer)?.hops ?? [], allocate: coder.spare })
    try {
      const { bytes, proof } = await line.read({ segmentId, ...range })
      coder.release(await verifyLeaves(coder, descriptor, range, bytes, proof))
    } finally {
      line.close()
    }
  }
  try {
    await within(clock, PROVE_MS, signal, (deadline) =>
      raceSignal(
        retryWorker(() => read(deadline)),
        deadline,
      ),
    )
    return 'right'
  } catch (error) {
    signal.throwIfAborted()
    return findingOf(error, people.known(peer)?.isNear === true)
  }
}

/**
 * Notes in the conduct of `peer` what a check of the piece found. `toldAt`: when this device was first told of the piece, Unix milliseconds;
 * undefined when that was just now. SPEC EVD1 to EVD4.
 */
export function noteFinding(
  people: Pick<People, 'conduct' | 'noteLie'>,
  peer: PeerId,
  piece: PieceName,
  found: Finding,
  toldAt: number | undefined,
): void {
  const { conduct } = people
  if (found === 'wrong') people.noteLie(peer)
  else if (found === 'error') conduct.noteError(peer)
  else if (found === 'unknown') conduct.noteUnknown(peer)
  else if (found === 'right') conduct.noteProven(peer, piece, toldAt)
}

/** Returns a random number in [0, 1). */
export function drawOf(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4)
  return (a * 2 ** 24 + b * 2 ** 16 + c * 256 + d) / 2 ** 32
}

/**
 * Silence and a line that ends say something of a holder only while it is there: being away is no error. BUSY is none either, since a holder
 * that is back after long says so until it has compared the group, nor is EXPIRED: it may know of an end that is news here. SPEC EVD3.
 */
function findingOf(error: unknown, isNear: boolean): Finding {
  if (provesLie(error)) return 'wrong'
  if (isDeviceFault(error)) return 'own fault'
  const refusal = refusalOf(error)
  if (refusal === 'BUSY' || refusal === 'EXPIRED') return 'unserved'
  if (refusal !== undefined) return refusal === 'UNKNOWN' ? 'unknown' : 'error'
  // An error of our own making is thrown on, so that tests see it.
  if (codeOf(error) === undefined) throw error
  return isNear && codeOf(error) !== 'peer-unreachable' ? 'error' : 'away'
}
