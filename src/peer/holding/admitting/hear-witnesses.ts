import { equalBytes } from '../../../core/bytes.ts'
import { checkCharter, checkTombstone, newerPaper, readCharter, readTombstone, type Paper } from '../../../core/charter.ts'
import { readClaim, type CheckedClaim } from '../../../core/claim.ts'
import type { Descriptor } from '../../../core/descriptor.ts'
import { drawSome } from '../../../core/draw-some.ts'
import { codeOf } from '../../../core/errors.ts'
import type { PeerId } from '../../../core/ids.ts'
import { mapLimited } from '../../../flow/map-limited.ts'
import type { GroupHost, SentPaper } from '../../../protocol/group.ts'
import { refused } from '../../../protocol/refusal.ts'
import type { RepairEvidence, Testimony } from '../../roll/testimony.ts'
import type { HolderState } from '../keeping/keep-shards.ts'
import type { Work } from '../work.ts'
import { type Candidate, refuseOver } from './check-offer.ts'
import { indexIn, type WitnessClaim } from './check-repair.ts'

/** What came of asking the people whose claims a REPAIR shows. */
export interface Heard {
  /** The newest paper of the group that anybody showed. */
  readonly paper: Paper
  /** The claims of those who proved themselves. */
  readonly proven: readonly CheckedClaim[]
}

type HeardWitness = Testimony & { readonly isProven: boolean }

/** The parts of a holder with which it hears witnesses. */
export interface HearingParts {
  readonly state: Pick<HolderState, 'signer' | 'papers' | 'groups' | 'random'>
  readonly work: Work
  /** Takes a paper as TELL does. */
  readonly told: GroupHost['told']
  readonly signal: AbortSignal
}

/** Witnesses who have to prove themselves, most who are asked for that, and most who are asked whether they keep the index that is brought. */
const [WITNESSES, ASKED_AT_MOST, KEEPERS_ASKED] = [2, 4, 2] as const
/** Most people whom one REPAIR has a holder ask; each counts as a check of the guardian. SPEC REP4, WRK1. */
export const MOST_ASKED = ASKED_AT_MOST + KEEPERS_ASKED

/**
 * Asks people who claim pieces of the segment before a shard of it is wanted: resolves once two of them have proven themselves, beside the
 * guardian where it hands over its own piece, and nobody else proved to keep the index that is brought. Four rounds of 10 s at most.
 * @throws HoardError 'holder-refused' EXPIRED (the group ended, or the segment is retired) | BUSY (too few proved themselves) | BAD-REQUEST
 * with the index itself (somebody keeps it); `signal.reason`
 * Source: SPEC.md REP4, REP5, REP9.
 */
export async function hearWitnesses(
  { state, work, told, signal }: HearingParts,
  evidence: RepairEvidence,
  guardian: PeerId,
  { row, paper: shown }: Candidate,
  { descriptor, claims }: { readonly descriptor: Descriptor; readonly claims: readonly WitnessClaim[] },
): Promise<Heard> {
  const { signer, papers, groups, random } = state
  const { groupId, segmentId } = row
  const giver = claims.find(({ claim, index }) => claim.holder === guardian && index === row.index && evidence.mayAsk(guardian))
  const draw = (): number => random.bytes(2).reduce((sum, byte) => 256 * sum + byte, 0) / 65_536
  let paper = shown

  /** Takes the paper of a witness if it is newer. Resolves with whether it is one of the group that holds. */
  async function hearPaper(witness: PeerId, sent: SentPaper): Promise<boolean> {
    try {
      const read = (sent.is === 'tombstone' ? readTombstone : readCharter)(sent.bytes)
      if (!equalBytes(read.groupId, groupId)) return false
      if (newerPaper(paper, read) === paper) return true
      await told(witness, { paper: sent, claims: [] }).catch(ignoreErrors)
      const known = await groups.paper(groupId)
      const isKnown = known !== undefined && newerPaper(known, read) === known
      const check = sent.is === 'tombstone' ? checkTombstone : checkCharter
      paper = newerPaper(paper, isKnown ? known : work.check(witness, () => check(sent.bytes, papers.now())))
      return true
    } catch (error) {
      ignoreErrors(error)
      return false
    }
  }

  /** Resolves with what the witness says, and whether it proved itself by a leaf and a paper. Throws EXPIRED. */
  async function hear(witness: PeerId, index: number): Promise<HeardWitness> {
    const testimony = await evidence.ask(witness, { groupId, segmentId, index, descriptor }, signal)
    const isHeard = testimony.paper !== undefined && (await hearPaper(witness, testimony.paper))
    refuseOver(paper, row, papers.passed())
    return { ...testimony, isProven: testimony.hasPiece && isHeard }
  }

  /** Returns who is said to keep the index that is brought: by the guardian, by the roll, and by those who proved themselves. */
  function keepersNamed(heard: readonly HeardWitness[]): readonly PeerId[] {
    const shownKeepers = claims.filter(({ index }) => index === row.index).map(({ claim }) => claim.holder)
    const pieces = evidence.piecesOf(groupId, segmentId)
    const rolled = pieces.filter(({ index, isLost, standing }) => index === row.index && !isLost && standing === 'told')
    const named = heard.filter(({ isProven }) => isProven).flatMap((witness) => witness.claims.flatMap(keeperIn))
    const all = new Set([...shownKeepers, ...rolled.map(({ peer }) => peer), ...named])
    all.delete(signer.peerId)
    if (giver) all.delete(giver.claim.holder)
    return [...all]
  }

  /** Nothing rests on the signature of such a claim: its holder counts once it sends a leaf. */
  function keeperIn(bytes: Testimony['claims'][number]): readonly PeerId[] {
    try {
      const claim = readClaim(bytes)
      return equalBytes(claim.groupId, groupId) && indexIn(claim.rows, row) === row.index ? [claim.holder] : []
    } catch (error) {
      ignoreErrors(error)
      return []
    }
  }

  const mayTestify = claims.filter(({ claim, index }) => index !== row.index && evidence.mayAsk(claim.holder))
  const others = mayTestify.filter(({ claim }) => claim.holder !== guardian)
  // A guardian vouches for its own repair only where there are too few others; a giver shows its piece in any case.
  const isShort = others.length < WITNESSES
  const own = giver ? [giver] : isShort ? mayTestify.filter(({ claim }) => claim.holder === guardian) : []
  const needed = WITNESSES + (giver && !isShort ? 1 : 0)
  const order = drawSome(others, ASKED_AT_MOST, draw)
  const left = giver ? [...own, ...order] : [...order, ...own]
  const [proven, testimonies]: [CheckedClaim[], HeardWitness[]] = [[], []]
  while (proven.length < needed) {
    const asked = left.splice(0, needed - proven.length)
    if (asked.length === 0) throw refused('BUSY')
    await mapLimited(asked, needed, async ({ claim, index }) => {
      const testimony = await hear(claim.holder, index)
      testimonies.push(testimony)
      if (testimony.isProven) proven.push(claim)
    })
    if (giver && !proven.includes(giver.claim)) throw refused('BUSY')
  }

  const keepers = keepersNamed(testimonies).filter((peer) => evidence.mayAsk(peer))
  await mapLimited(drawSome(keepers, KEEPERS_ASKED, draw), KEEPERS_ASKED, async (peer) => {
    const { hasPiece } = await hear(peer, row.index)
    if (hasPiece) throw refused('BAD-REQUEST', row.index)
  })
  return { paper, proven }
}

/** What is wrong with the words of a witness is no fault of the guardian: that witness proves nothing. */
function ignoreErrors(error: unknown): void {
  if (codeOf(error) === undefined) throw error
}
