import { equalBytes } from '../../../core/bytes.ts'
import { codeOf } from '../../../core/errors.ts'
import { givesWay } from '../../../core/healing/new-pieces.ts'
import type { PeerId } from '../../../core/ids.ts'
import type { GroupHost } from '../../../protocol/group.ts'
import { REPAIRS_OF_ALL, REPAIRS_OF_ONE } from '../../../protocol/limits.ts'
import { refused } from '../../../protocol/refusal.ts'
import type { ShardHost } from '../../../protocol/shard-messages.ts'
import type { RepairEvidence } from '../../roll/testimony.ts'
import type { HolderState } from '../keeping/keep-shards.ts'
import type { KeptShard } from '../keeping/kept-shards.ts'
import type { Space } from '../space.ts'
import type { ClaimTaking } from '../take-claims.ts'
import type { Work } from '../work.ts'
import type { Admissions, Offered, Terms } from './admission.ts'
import { newestPaper } from './check-offer.ts'
import { checkClaims, readRepair, type WitnessClaim } from './check-repair.ts'
import type { Endings } from './endings.ts'
import { type Heard, hearWitnesses, MOST_ASKED } from './hear-witnesses.ts'

/** The parts of a holder with which it admits repairs. */
export interface RepairAdmissionParts {
  readonly state: HolderState
  readonly space: Space
  readonly work: Work
  readonly admissions: Admissions
  readonly endings: Endings
  readonly taking: ClaimTaking
  /** Takes news as TELL does. */
  readonly told: GroupHost['told']
  /** Returns what this device goes by; undefined while it is starting. */
  readonly evidence: () => RepairEvidence | undefined
  readonly signal: AbortSignal
}

/**
 * Returns the holder's answers to REPAIR. The shard is booked on nobody; before a byte is wanted two of those are asked whose claims stand
 * in place of a permit.
 * Source: SPEC.md REP3 to REP7, REP9.
 */
export function createRepairAdmission(parts: RepairAdmissionParts): NonNullable<ShardHost['admitRepair']> {
  const { state, space, work, admissions, endings, taking, evidence: evidenceNow } = parts
  const { signer, clock } = state
  const self = signer.peerId
  const hearingByGuardian = new Map<PeerId, number>()
  let hearing = 0

  /** Counts a repair whose witnesses are being asked; returns how to count it out. Throws BUSY when there are too many. SPEC REP4. */
  function beginHearing(guardian: PeerId): () => void {
    const own = (): number => hearingByGuardian.get(guardian) ?? 0
    if (own() >= REPAIRS_OF_ONE || hearing >= REPAIRS_OF_ALL) throw refused('BUSY')
    hearing++
    hearingByGuardian.set(guardian, own() + 1)
    return () => {
      hearing--
      if (own() > 1) hearingByGuardian.set(guardian, own() - 1)
      else hearingByGuardian.delete(guardian)
    }
  }

  /** Throws BAD-REQUEST with the index that is kept: by somebody who has proven it, or here, where no double gives way. SPEC REP5. */
  function refuseKept(evidence: RepairEvidence, row: KeptShard, kept: KeptShard | undefined): void {
    if (kept?.index === row.index) return
    const pieces = evidence.piecesOf(row.groupId, row.segmentId)
    const isKeptElsewhere = pieces.some(
      ({ index, peer, isLost, standing }) => index === row.index && peer !== self && !isLost && standing === 'proven',
    )
    if (isKeptElsewhere) throw refused('BAD-REQUEST', row.index)
    if (kept && !givesWay(self, kept.index, row.index, row.segmentId, pieces)) throw refused('BAD-REQUEST', kept.index)
  }

  /** Takes the claims that a repair showed: those of people who proved themselves as checked, the others as hearsay of nobody. SPEC REP7. */
  async function takeClaims(row: KeptShard, claims: readonly WitnessClaim[], { proven }: Heard): Promise<void> {
    const look = { found: 'right', segmentId: row.segmentId, at: clock.now() } as const
    try {
      for (const claim of proven) await taking.takeChecked(self, claim, look)
      const others = claims.map(({ claim }) => claim).filter((claim) => !proven.includes(claim))
      await taking.take(self, others)
    } catch (error) {
      // The piece is kept and claimed: co-holders of whom this device does not hear now are named to it by the others.
      if (codeOf(error) === undefined) throw error
    }
  }

  function termsOf(evidence: RepairEvidence, guardian: PeerId, row: KeptShard): Terms {
    return {
      refuseSecond: (kept) => refuseKept(evidence, row, kept),
      checkQuota: () => space.noteRepair(guardian, row),
      reserve: () => space.reserveRepair(guardian, row),
      // What an owner began is not for a guardian to throw away.
      mayDiscard: (draft) => space.isRepair(row.shardId) || !equalBytes(draft.segmentId, row.segmentId),
    }
  }

  return async (guardian, request) => {
    const evidence = evidenceNow()
    if (!evidence) throw refused('BUSY')
    const read = readRepair(state, guardian, request)
    const paper = await newestPaper(state, work, guardian, read.shown)
    const row: KeptShard = { ...read.row, isRepaired: true }
    const offered: Offered = { row, descriptorBytes: request.descriptor, paper, terms: termsOf(evidence, guardian, row) }
    const decision = await admissions.decide(offered)
    if (decision instanceof Uint8Array) return { is: 'kept', claim: decision }
    if (!space.offer().isOn) throw refused('FULL')
    space.checkRepair(guardian, row)
    const endHearing = beginHearing(guardian)
    // The group may end while witnesses are asked.
    const end = endings.begin(row.groupId)
    try {
      const claims = await checkClaims(state, work, guardian, read)
      work.spend(guardian, MOST_ASKED)
      const heard = await hearWitnesses(parts, evidence, guardian, decision, { descriptor: read.descriptor, claims })
      const terms = { ...offered.terms, noteKept: () => takeClaims(row, claims, heard) }
      return await admissions.take(guardian, async () => ({ ...offered, paper: heard.paper, terms }))
    } finally {
      end()
      endHearing()
    }
  }
}
