import { equalBytes, hex, type Bytes } from '../../../core/bytes.ts'
import { MAX_CLAIM_ROWS } from '../../../core/claim.ts'
import type { Coder } from '../../../ports/coder.ts'
import { ACKNOWLEDGE_BYTES } from '../../../protocol/limits.ts'
import { refused, refusalOf } from '../../../protocol/refusal.ts'
import type { Admission, StoreRequest } from '../../../protocol/shard-messages.ts'
import { digestShard } from './digest-shard.ts'
import type { HolderState, KeptState } from '../keeping/keep-shards.ts'
import { type Candidate, checkOffer, refuseOver, refuseSecond } from './check-offer.ts'
import type { Endings } from './endings.ts'
import { createPlaces, type UnderWay } from './places.ts'
import type { KeptShard } from '../keeping/kept-shards.ts'
import type { ShardEntry } from '../../../ports/shard-store.ts'
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
  readonly endings: Endings
  /** Tells whether pieces of a group may be claimed. SPEC SYN6. */
  readonly isServable: (groupId: GroupId) => boolean
  /** Tells whether this device's own repairs wait for so long that no new pieces are taken. SPEC ADM9. */
  readonly isBusyRepairing: () => boolean
  readonly inTurn: Turn
  readonly changed: () => void
}

/** What makes a difference between a STORE and a REPAIR once they are checked. */
export interface Terms {
  /** Throws BAD-REQUEST when the kept shard of the segment may not be replaced, or the offered one is not to be kept. SPEC ADM3, REP5. */
  refuseSecond(kept: KeptShard | undefined): void
  /** Throws QUOTA when the shard is too much for its bringer though its bytes are here already. */
  checkQuota(): void
  /** Reserves room for the shard. Throws QUOTA or FULL. */
  reserve(): Promise<Reservation>
  /** Tells whether what somebody else began of the shard may be thrown away. SPEC ADM6, REP6. */
  mayDiscard(draft: ShardEntry): boolean
  /** Called in turn once the shard is kept. Never throws. */
  noteKept?(): Promise<void>
}

/** A checked shard and the terms on which it is offered. */
export interface Offered extends Candidate {
  readonly terms: Terms
}

/** The holder's answers to STORE, and the part of those to REPAIR that is alike. */
export interface Admissions {
  admit(peer: PeerId, request: StoreRequest): Promise<Admission>
  /** Returns the claim when the shard is kept already, else the offer under the newest paper. Throws what refuses it. SPEC ADM1, ADM3. */
  decide(offered: Offered): Promise<Bytes | Offered>
  /** Admits an offer at a place; `offer` is asked again once an earlier stream of the peer has ended. */
  take(peer: PeerId, offer: () => Promise<Offered>): Promise<Admission>
  /** Tells whether the shard of that hexadecimal id is being written now. */
  isUnderWay(shardName: string): boolean
}

/** Bytes whose digests cost as much work as one signature check. SPEC WRK1. */
const DIGESTED_BYTES = 1024 * 1024

/** Returns admissions with no store under way. SPEC ADM1..ADM6. */
export function createAdmission(parts: AdmissionParts): Admissions {
  const { state, keptState, space, work, coder, endings, isServable, isBusyRepairing, inTurn, changed } = parts
  const { clock, papers, shardDisk, keptShards } = state
  const places = createPlaces(clock)

  function decide(offered: Offered): Promise<Bytes | Offered> {
    const { row, terms } = offered
    return inTurn(async () => {
      const paper = endings.governing(await keptState.governing(offered.paper))
      refuseOver(paper, row, papers.passed())
      if (!isServable(row.groupId)) throw refused('BUSY')
      const kept = keptShards.find(row.segmentId)
      terms.refuseSecond(kept)
      if (kept?.index === row.index) {
        await keptState.takePaper(paper)
        if (row.isPermitted) await keptState.noteWish(row)
        const isServed = keptShards.find(row.segmentId)?.trashedAt === undefined
        if (isServed && shardDisk.find(row.shardId)?.isWhole) return keptState.ownClaim(row.groupId)
      } else if (!kept && keptShards.ofGroup(row.groupId).length >= MAX_CLAIM_ROWS) throw refused('QUOTA')
      return { ...offered, paper }
    })
  }

  /**
   * Keeps a shard whose bytes are on disk already, under another descriptor or none, and returns the claim; undefined when they are not, or
   * are lost. Reads and digests them while others have their turn.
   */
  async function keepFromDisk(peer: PeerId, offered: Offered): Promise<Bytes | undefined> {
    const { row, terms } = offered
    const here = shardDisk.find(row.shardId)
    if (!here?.isWhole) return undefined
    if (!space.offer().isOn) throw refused('FULL')
    terms.checkQuota()
    if (here.length !== row.length || here.index !== row.index) throw refused('BAD-REQUEST')
    work.spend(peer, Math.ceil(row.length / DIGESTED_BYTES))
    try {
      return await keepDigested(offered, await digestShard(shardDisk, coder, row))
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
  function keepDigested(offered: Offered, leafDigests: Bytes): Promise<Bytes> {
    const { row, descriptorBytes, terms } = offered
    return inTurn(async () => {
      // The owner may have ended the group while the bytes came.
      const paper = endings.governing(await keptState.governing(offered.paper))
      refuseOver(paper, row, papers.passed())
      terms.refuseSecond(keptShards.find(row.segmentId))
      await shardDisk.seal(row.shardId)
      const claim = await keptState.keep({ ...row, at: clock.now() }, { descriptorBytes, leafDigests }, paper)
      space.forgetDraft(row.shardId)
      await terms.noteKept?.()
      changed()
      return claim
    })
  }

  /** Finishes a shard of which some bytes came before this device started, from a sender that it does not remember. */
  async function finishInherited(offered: Offered): Promise<Bytes> {
    try {
      return await finish(offered)
    } catch (error) {
      // A sender that brought only the rest is not to blame for the whole: it may begin anew.
      throw codeOf(error) === 'shard-damaged' ? refused('BUSY') : error
    }
  }

  async function finish(offered: Offered): Promise<Bytes> {
    const { row } = offered
    try {
      const leafDigests = await digestShard(shardDisk, coder, row)
      // Sealed before its turn, so that shards that are ready at once are flushed together.
      await shardDisk.seal(row.shardId)
      return await keepDigested(offered, leafDigests)
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

  /** Reserves room for a STORE; where it is short, takes it from newcomers that hardly send. */
  async function reserve(peer: PeerId, { shardId, length }: KeptShard): Promise<Reservation> {
    if (isBusyRepairing()) throw refused('BUSY-REPAIRING')
    for (;;) {
      try {
        return await space.reserve(peer, shardId, length)
      } catch (error) {
        const isCrowded = refusalOf(error) === 'QUOTA' || refusalOf(error) === 'FULL'
        if (!isCrowded || !(await places.makeWay((other) => other !== peer && space.isNewcomer(other)))) throw error
      }
    }
  }

  async function draftOf(offered: Offered, peer: PeerId, store: UnderWay, leave: () => void): Promise<Admission> {
    const { row, terms } = offered
    const { shardId, segmentId, groupId, index, length } = row
    let draft = shardDisk.find(shardId)
    const beganBy = space.beganBy(shardId)
    // Anyone who has read the descriptor can begin a draft with wrong bytes: nobody goes on with somebody else's draft.
    const isOwn = draft?.length === length && equalBytes(draft.segmentId, segmentId) && (beganBy === undefined || beganBy === peer)
    if (draft && !isOwn) {
      if (!terms.mayDiscard(draft)) throw refused('BUSY')
      await removeDraft(row)
      draft = undefined
    }
    const from = draft?.kept ?? 0
    const isInherited = from > 0 && beganBy === undefined
    let offset = from
    const reservation = await terms.reserve()
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
      finish: () => (isInherited ? finishInherited(offered) : finish(offered)),
      release: async () => {
        reservation.release()
        const left = shardDisk.find(shardId)
        // A draft with no acknowledged bytes, or of a group that has ended, is removed, and no longer booked on its sender.
        if (left === undefined) space.forgetDraft(shardId)
        else if (!left.isWhole && (left.kept < ACKNOWLEDGE_BYTES || endings.of(groupId) !== undefined))
          await removeDraft(row).catch(() => undefined)
        leave()
        changed()
      },
    }
  }

  async function offerOf(peer: PeerId, request: StoreRequest): Promise<Offered> {
    const candidate = await checkOffer(state, work, peer, request)
    const { row } = candidate
    const terms: Terms = {
      refuseSecond: (kept) => refuseSecond(kept, row),
      checkQuota: () => space.checkQuota(peer, row.length),
      reserve: () => reserve(peer, row),
      mayDiscard: () => true,
    }
    return { ...candidate, terms }
  }

  async function take(peer: PeerId, offer: () => Promise<Offered>): Promise<Admission> {
    const leavePlace = await places.take(peer)
    let end = (): void => undefined
    let leave = (): void => {
      leavePlace()
      end()
    }
    try {
      for (;;) {
        const offered = await offer()
        end()
        end = endings.begin(offered.row.groupId)
        const decision = await decide(offered)
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
            end()
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

  return {
    admit: (peer, request) => take(peer, () => offerOf(peer, request)),
    decide,
    take,
    isUnderWay: (shardName) => places.find(shardName) !== undefined,
  }
}

/** Tells whether `error` means that bytes that were here are lost. */
export function isLoss(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'not-found' || code === 'storage-damaged' || code === 'shard-damaged'
}
