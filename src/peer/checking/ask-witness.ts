import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { readClaim } from '../../core/claim.ts'
import { codeOf } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import { within } from '../../flow/deadline.ts'
import { askWho, type GroupAnswer } from '../../protocol/group.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from '../people/people.ts'
import type { ClaimedPiece, Witnesses } from '../roll/testimony.ts'
import { checkPiece, drawOf, noteFinding } from './check-piece.ts'

/** A paper and a few claims are a page or two: somebody who needs longer for them is no witness. */
const SAY_MS = 10_000
/** Claims of others that a witness is asked for: as many as the widest code has holders. */
const CLAIMS_HEARD = 32

/**
 * Returns the asking of witnesses: WHO and a leaf at once, in two conversations that nobody can tell from those of a reader.
 * Source: protocol SPEC.md REP4.
 */
export function createWitnesses(
  parts: Pick<PeerParts, 'network' | 'clock' | 'coder' | 'random'>,
  people: Pick<People, 'known' | 'conduct' | 'noteLie'>,
): Witnesses {
  const { network, clock, random } = parts

  /** Resolves with what `peer` says of the group; undefined when it says nothing in time. */
  async function askGroup(peer: PeerId, { groupId }: ClaimedPiece, signal: AbortSignal): Promise<GroupAnswer | undefined> {
    try {
      return await within(clock, SAY_MS, signal, (deadline) =>
        askWho(network, clock, peer, groupId, { signal: deadline, hops: people.known(peer)?.hops ?? [], mostClaims: CLAIMS_HEARD }),
      )
    } catch (error) {
      signal.throwIfAborted()
      if (codeOf(error) === undefined) throw error
      return undefined
    }
  }

  return {
    mayAsk: (peer) => !people.conduct.of(peer).isLiar,
    async ask(peer, claimed, signal) {
      const { segmentId, index, descriptor } = claimed
      const piece = { segmentId, index }
      people.conduct.noteTried(peer)
      const [answer, leaf] = await Promise.all([
        askGroup(peer, claimed, signal),
        checkPiece(parts, people, { peer, piece, descriptor }, drawOf(random), signal),
      ])
      // A guardian may show a claim that its holder has replaced since: UNKNOWN is false only for what the holder itself says now.
      if (leaf !== 'unknown' || saysItKeeps(answer?.own, claimed)) noteFinding(people, peer, piece, leaf, undefined)
      const claims = [...(answer?.own ? [answer.own] : []), ...(answer?.claims ?? [])]
      return { ...(answer?.paper && { paper: answer.paper }), claims, hasPiece: leaf === 'right' }
    },
  }
}

function saysItKeeps(own: Bytes | undefined, { groupId, segmentId, index }: ClaimedPiece): boolean {
  if (own === undefined) return false
  try {
    const claim = readClaim(own)
    return equalBytes(claim.groupId, groupId) && claim.rows.some((row) => row.index === index && equalBytes(row.segmentId, segmentId))
  } catch {
    return false
  }
}
