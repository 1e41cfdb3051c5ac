import { equalBytes, hex, type Bytes } from '../../../core/bytes.ts'
import { MAX_CLAIM_ROWS } from '../../../core/claim.ts'
import type { Coder } from '../../../ports/coder.ts'
import { ACKNOWLEDGE_BYTES } from '../../../protocol/limits.ts'
import { refused, refusalOf } from '../../../protocol/refusal.ts'
import type { Admission, StoreRequest } from '../../../protocol/shard-messages.ts'
import { digestShard } from './digest-shard.ts'
import type { HolderState, KeptState } from '../keeping/keep-shards.ts'
import { type Candidate, checkOffer, refuseOver, refuseSecond } from './check-offer.ts'
import { createPlaces, type UnderWay } from './places.ts'
import type { KeptShard } from '../keeping/kept-shards.ts'
import type { Reservation, Space } from '../space.ts'
import type { Turn } from '../../../flow/turns.ts'
import type { Work } from '../work.ts'
import { codeOf } from '../../../core/errors.ts'
import type { GroupId, PeerId } from '../../../core/ids.ts'

/** The parts of a holder with which admission works. */
export interface AdmissionParts {
  readonly state: HolderState
  readonly keptState: KeptState
  readonly space: Space
  readonly work: Work
  readonly coder: Coder
  /** Tells whether pieces of a group may be claimed. SPEC SYN6. */
  readonly isServable: (groupId: GroupId) => boolean
  readonly inTurn: Turn
  readonly changed: () => void
}

/** The holder's answers to STORE. */
export interface Admissions {
  admit(peer: PeerId, request: StoreRequest): Promise<Admission>
  /** Tells whether the shard of that hexadecimal id is being written now. */
  isUnderWay(shardName: string): boolean
}

/** Bytes whose digests cost as much work as one signature check. SPEC WRK1. */
const DIGESTED_BYTES = 1024 * 1024

/** Returns admissions with no store under way. SPEC ADM1..ADM6. */
export function createAdmission(parts: AdmissionParts): Admissions {
  const { state, keptState, space, work, coder, isServable, inTurn, changed } = parts
  const { clock, papers, shardDisk, keptShards } = state
  const places = createPlaces(clock)

  /** Returns the claim when the shard is kept already, else the checked candidate. */
  async function decide(peer: PeerId, request: StoreRequest): Promise<Bytes | Candidate> {
    const candidate = await checkOffer(state, work, peer, request)
    const { row } = candidate
    return inTurn(async () => {
      const paper = await keptState.governing(candidate.paper)
      refuseOver(paper, row, papers.passed())
      if (!isServable(row.groupId)) throw refused('BUSY')
      const kept = keptShards.find(row.segmentId)
      refuseSecond(kept, row)
      if (kept?.index === row.index) {
        await keptState.takePaper(paper)
        await keptState.noteWish(row)
        const isServed = keptShards.find(row.segmentId)?.trashedAt === undefined
        if (isServed && shardDisk.find(row.shardId)?.isWhole) return keptState.ownClaim(row.groupId)
      } else if (!kept && keptShards.ofGroup(row.groupId).length >= MAX_CLAIM_ROWS) throw refused('QUOTA')
      return { ...candidate, paper }
    })
  }

  /**
   * Keeps a shard whose bytes are on disk already, under another descriptor or none, and returns the claim; undefined when they are not, or
   * are lost. Reads and digests them while others have their turn.
   */
  async function keepFromDisk(peer: PeerId, candidate: Candidate): Promise<Bytes | undefined> {
    const { row } = candidate
    const here = shardDisk.find(row.shardId)
    if (!here?.isWhole) return undefined
    if (!space.offer().isOn) throw refused('FULL')
    space.checkQuota(row.placedBy, row.length)
    if (here.length !== row.length || here.index !== row.index) throw refused('BAD-REQUEST')
    work.spend(peer, Math.ceil(row.length / DIGESTED_BYTES))
    try {
      return await keepDigested(candidate, await digestShard(shardDisk, coder, row))
    } catch (error) {
      if (!isLoss(error)) throw error
      await inTurn(async () => {
        await keptState.declareLost(keptShards.ofShard(row.shardId))
        await shardDisk.remove(row.shardId)
      })
      return undefined
    }
  }

  /** Keeps a digested shard, unless its group or another shard of its segment now forbids it. */
  function keepDigested(candidate: Candidate, leafDigests: Bytes): Promise<Bytes> {
    const { row, descriptorBytes } = candidate
    return inTurn(async () => {
      // The owner may have ended the group while the bytes came.
      const paper = await keptState.governing(candidate.paper)
      refuseOver(paper, row, papers.passed())
      refuseSecond(keptShards.find(row.segmentId), row)
      await shardDisk.seal(row.shardId)
      const claim = await keptState.keep({ ...row, at: clock.now() }, { descriptorBytes, leafDigests }, paper)
      space.forgetDraft(row.shardId)
      changed()
      return claim
    })
  }

  /** Finishes a shard of which some bytes came before this device started, from a sender that it does not remember. */
  async function finishInherited(candidate: Candidate): Promise<Bytes> {
    try {
      return await finish(candidate)
    } catch (error) {
      // A sender that brought only the rest is not to blame for the whole: it may begin anew.
      throw codeOf(error) === 'shard-damaged' ? refused('BUSY') : error
    }
  }

  async function finish(candidate: Candidate): Promise<Bytes> {
    const { row } = candidate
    try {
      const leafDigests = await digestShard(shardDisk, coder, row)
      // Sealed before its turn, so that shards that are ready at once are flushed together.
      await shardDisk.seal(row.shardId)
      return await keepDigested(candidate, leafDigests)
    } catch (error) {
      if (codeOf(error) === 'storage-full') space.noteDiskFull()
      // When only a worker or the disk failed, nothing is wrong with the bytes: they may be finished later.
      const isDoubtful = codeOf(error) !== 'worker-died' && codeOf(error) !== 'storage-unavailable'
      if (isDoubtful && keptShards.ofShard(row.shardId).length === 0) await removeDraft(row)
      throw error
    }
  }

  async function removeDraft({ shardId }: Pick<KeptShard, 'shardId'>): Promise<void> {
    await shardDisk.remove(shardId)
    space.forgetDraft(shardId)
  }

  /** Reserves room; where it is short, takes it from newcomers that hardly send. */
  async function reserve(peer: PeerId, { shardId, length }: KeptShard): Promise<Reservation> {
    for (;;) {
      try {
        return await space.reserve(peer, shardId, length)
      } catch (error) {
        const isCrowded = refusalOf(error) === 'QUOTA' || refusalOf(error) === 'FULL'
        if (!isCrowded || !(await places.makeWay((other) => other !== peer && space.isNewcomer(other)))) throw error
      }
    }
  }

  async function draftOf(candidate: Candidate, peer: PeerId, store: UnderWay, leave: () => void): Promise<Admission> {
    const { row } = candidate
    const { shardId, segmentId, groupId, index, length } = row
    let draft = shardDisk.find(shardId)
    const beganBy = space.beganBy(shardId)
    // Anyone who has read the descriptor can begin a draft with wrong bytes: nobody goes on with somebody else's draft.
    const isOwn = draft?.length === length && equalBytes(draft.segmentId, segmentId) && (beganBy === undefined || beganBy === peer)
    if (draft && !isOwn) {
      await removeDraft(row)
      draft = undefined
    }
    const from = draft?.kept ?? 0
    const isInherited = from > 0 && beganBy === undefined
    let offset = from
    const reservation = await reserve(peer, row)
    return {
      is: 'wanted',
      from,
      length,
      signal: store.signal,
      write: async (bytes) => {
        store.note(bytes.length)
        try {
          await shardDisk.write({ shardId, segmentId, groupId, index, length }, offset, bytes)
        } catch (error) {
          if (codeOf(error) === 'storage-full') space.noteDiskFull()
          throw error
        }
        offset += bytes.length
        reservation.spend()
      },
      finish: () => (isInherited ? finishInherited(candidate) : finish(candidate)),
      release: async () => {
        reservation.release()
        const left = shardDisk.find(shardId)
        // A draft with no acknowledged bytes is removed, and no longer booked on its sender.
        if (left === undefined) space.forgetDraft(shardId)
        else if (!left.isWhole && left.kept < ACKNOWLEDGE_BYTES) await removeDraft(row).catch(() => undefined)
        leave()
        changed()
      },
    }
  }

  async function admit(peer: PeerId, request: StoreRequest): Promise<Admission> {
    const leavePlace = await places.take(peer)
    let leave = leavePlace
    try {
      for (;;) {
        const decision = await decide(peer, request)
        if (decision instanceof Uint8Array) {
          leave()
          return { is: 'kept', claim: decision }
        }
        const name = hex(decision.row.shardId)
        const before = places.find(name)
        if (before === undefined) {
          const store = places.begin(name, peer)
          leave = () => {
            leavePlace()
            store.end()
          }
          const claim = await keepFromDisk(peer, decision)
          if (claim === undefined) return await draftOf(decision, peer, store, leave)
          leave()
          return { is: 'kept', claim }
        }
        if (before.peer !== peer) throw refused('BUSY')
        // The stream of a killed page looks open for a while: a peer that begins the same shard anew is believed to have lost it.
        await before.giveWay()
      }
    } catch (error) {
      leave()
      throw error
    }
  }

  return { admit, isUnderWay: (shardName) => places.find(shardName) !== undefined }
}

/** Tells whether `error` means that bytes that were here are lost. */
export function isLoss(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'not-found' || code === 'storage-damaged' || code === 'shard-damaged'
}
