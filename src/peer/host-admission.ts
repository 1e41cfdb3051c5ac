import { equalBytes, hex, type Bytes } from '../core/bytes.ts'
import { checkCharter, type Paper } from '../core/charter.ts'
import { MAX_CLAIM_ROWS } from '../core/claim.ts'
import { decodeDescriptor, segmentIdOf } from '../core/descriptor.ts'
import { codeOf } from '../core/errors.ts'
import type { PeerId } from '../core/ids.ts'
import { checkPermit, readPermit } from '../core/permit.ts'
import { shardLength } from '../core/segment.ts'
import type { Coder } from '../ports/coder.ts'
import { refused } from '../protocol/refusal.ts'
import type { Admission, StoreRequest } from '../protocol/shard-messages.ts'
import { digestShard } from './host-digest.ts'
import { type HostState, isOver, isRetiredBy, type Keeper } from './host-keep.ts'
import type { KeptShard } from './host-shelf.ts'
import type { Reservation, Space } from './host-space.ts'
import type { Turn } from './host-turn.ts'

/** Stores of one peer under way at once. SPEC ADM2. */
export const STORES_PER_PEER = 4
/** Stores under way at once. SPEC ADM2. */
export const STORES_AT_ONCE = 16

/** A stream of stores that brings less than this on the whole gives its place to others. SPEC STO5. */
const SLOWEST_STORE_BYTES_PER_SECOND = 4096
/** How long it may take to get going. SPEC STO5. */
const HEAD_START_MS = 60_000

/** A shard as a STORE describes it, checked. */
interface Candidate {
  readonly row: KeptShard
  readonly descriptorBytes: Bytes
  readonly paper: Paper
}

/** A shard being written: by whom, how to make its stream give way, and the end of it. */
interface StoreUnderWay {
  readonly peer: PeerId
  readonly giveWay: AbortController
  readonly over: Promise<void>
}

/** What admission needs besides the state. */
export interface AdmissionParts {
  readonly state: HostState
  readonly keeper: Keeper
  readonly space: Space
  readonly coder: Coder
  readonly inTurn: Turn
  readonly changed: () => void
}

/** How a holder answers a STORE. */
export interface AdmissionDesk {
  admit(peer: PeerId, request: StoreRequest): Promise<Admission>
  /** Tells whether the shard of that hexadecimal id is being written now. */
  isUnderWay(shardName: string): boolean
}

/** Returns the desk at which no store is under way. SPEC ADM1..ADM6. */
export function createAdmission(parts: AdmissionParts): AdmissionDesk {
  const { state, keeper, space, coder, inTurn, changed } = parts
  const { clock, papers, stock, shelf } = state
  const storesByPeer = new Map<PeerId, number>()
  const underWay = new Map<string, StoreUnderWay>()
  let stores = 0

  /** Returns how to give the place back; throws BUSY when there is none. */
  function takePlace(peer: PeerId): () => void {
    const own = storesByPeer.get(peer) ?? 0
    if (stores >= STORES_AT_ONCE || own >= STORES_PER_PEER) throw refused('BUSY')
    stores++
    storesByPeer.set(peer, own + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      stores--
      const left = (storesByPeer.get(peer) ?? 1) - 1
      if (left > 0) storesByPeer.set(peer, left)
      else storesByPeer.delete(peer)
    }
  }

  async function decide(peer: PeerId, request: StoreRequest): Promise<Admission | Candidate> {
    const candidate = checkRequest({ peer, self: state.signer.peerId }, request, papers.now())
    const { row } = candidate
    return inTurn(async () => {
      const paper = await keeper.governing(candidate.paper)
      refuseOver(paper, row, papers.passed())
      const kept = shelf.find(row.segmentId)
      refuseSecond(kept, row)
      if (kept?.index === row.index) {
        await keeper.takePaper(paper)
        await keeper.noteWish(row)
        const isServed = shelf.find(row.segmentId)?.trashedAt === undefined
        if (isServed && stock.find(row.shardId)?.isWhole) return { is: 'kept', claim: await keeper.ownClaim(row.groupId) }
      } else if (!kept && shelf.ofGroup(row.groupId).length >= MAX_CLAIM_ROWS) throw refused('QUOTA')
      const claim = await keepFromDisk({ ...candidate, paper })
      return claim ? { is: 'kept', claim } : { ...candidate, paper }
    })
  }

  /** Keeps a shard whose bytes are here already, under another descriptor or none; undefined when they are not, or not any more. */
  async function keepFromDisk(candidate: Candidate): Promise<Bytes | undefined> {
    const { row } = candidate
    const here = stock.find(row.shardId)
    if (!here?.isWhole || underWay.has(hex(row.shardId))) return undefined
    if (!space.offer().isOn) throw refused('FULL')
    space.checkQuota(row.placedBy, row.length)
    if (here.length !== row.length || here.index !== row.index) throw refused('BAD-REQUEST')
    try {
      return await keepWhole(candidate, await digestShard(stock, coder, row))
    } catch (error) {
      if (!isLoss(error)) throw error
      await keeper.declareLost(shelf.ofShard(row.shardId))
      await stock.remove(row.shardId)
      return undefined
    }
  }

  /** Keeps what was digested. In turn. */
  async function keepWhole({ row, descriptorBytes, paper }: Candidate, leafDigests: Bytes): Promise<Bytes> {
    await stock.seal(row.shardId)
    const claim = await keeper.keep({ ...row, at: clock.now() }, { descriptorBytes, leafDigests }, paper)
    space.forgetDraft(row.shardId)
    changed()
    return claim
  }

  /** @param isInherited part of the bytes came before this device started, from somebody it does not remember */
  async function finish(candidate: Candidate, isInherited: boolean): Promise<Bytes> {
    const { row } = candidate
    try {
      const leafDigests = await digestShard(stock, coder, row)
      // Before its turn, so that shards which are ready at once are flushed together.
      await stock.seal(row.shardId)
      return await inTurn(async () => {
        // The owner may have ended the group while the bytes came.
        const paper = await keeper.governing(candidate.paper)
        refuseOver(paper, row, papers.passed())
        refuseSecond(shelf.find(row.segmentId), row)
        return keepWhole({ ...candidate, paper }, leafDigests)
      })
    } catch (error) {
      if (codeOf(error) === 'storage-full') space.noteDiskFull()
      // Nothing is wrong with the bytes when only a worker or the disk was away: they may be finished later.
      const isDoubtful = codeOf(error) !== 'worker-died' && codeOf(error) !== 'storage-unavailable'
      if (isDoubtful && shelf.ofShard(row.shardId).length === 0) {
        await stock.remove(row.shardId)
        space.forgetDraft(row.shardId)
      }
      // Whoever brought only the rest has done nothing wrong: it may begin anew.
      if (isInherited && codeOf(error) === 'shard-damaged') throw refused('BUSY')
      throw error
    }
  }

  async function draftOf(candidate: Candidate, peer: PeerId, signal: AbortSignal, leave: () => void): Promise<Admission> {
    const { row } = candidate
    const { shardId, segmentId, groupId, index, length } = row
    let draft = stock.find(shardId)
    const beganBy = space.beganBy(shardId)
    // Anyone who read the descriptor can begin a draft with wrong bytes: nobody goes on with what somebody else began.
    const isOwn = draft?.length === length && equalBytes(draft.segmentId, segmentId) && (beganBy === undefined || beganBy === peer)
    if (draft && !isOwn) {
      await stock.remove(shardId)
      space.forgetDraft(shardId)
      draft = undefined
    }
    const from = draft?.kept ?? 0
    const isInherited = from > 0 && beganBy === undefined
    const beganAt = clock.ran()
    let offset = from
    const reservation: Reservation = await space.reserve(peer, shardId, length, length - offset)
    return {
      is: 'wanted',
      from,
      length,
      signal,
      write: async (bytes) => {
        // Every frame may come just in time, and the place be taken for days.
        if (clock.ran() - beganAt > HEAD_START_MS + ((offset - from) * 1000) / SLOWEST_STORE_BYTES_PER_SECOND) throw refused('RATE')
        try {
          await stock.write({ shardId, segmentId, groupId, index, length }, offset, bytes)
        } catch (error) {
          if (codeOf(error) === 'storage-full') space.noteDiskFull()
          throw error
        }
        offset += bytes.length
        reservation.spend(bytes.length)
      },
      finish: () => finish(candidate, isInherited),
      release: () => {
        reservation.release()
        // Of what never came nothing is kept, and nobody is booked with it.
        if (stock.find(shardId) === undefined) space.forgetDraft(shardId)
        leave()
        changed()
      },
    }
  }

  async function admit(peer: PeerId, request: StoreRequest): Promise<Admission> {
    const leavePlace = takePlace(peer)
    let leave = leavePlace
    try {
      for (;;) {
        const decision = await decide(peer, request)
        if ('is' in decision) {
          leave()
          return decision
        }
        const name = hex(decision.row.shardId)
        const before = underWay.get(name)
        if (before === undefined) {
          const giveWay = new AbortController()
          let end = (): void => undefined
          const over = new Promise<void>((resolve) => (end = resolve))
          underWay.set(name, { peer, giveWay, over })
          leave = () => {
            if (underWay.get(name)?.giveWay === giveWay) underWay.delete(name)
            leavePlace()
            end()
          }
          return await draftOf(decision, peer, giveWay.signal, leave)
        }
        if (before.peer !== peer) throw refused('BUSY')
        // The stream of a page that was killed looks open for a while: who begins the same shard anew is believed to have lost it.
        before.giveWay.abort(refused('BUSY'))
        await before.over
      }
    } catch (error) {
      leave()
      throw error
    }
  }

  return { admit, isUnderWay: (shardName) => underWay.has(shardName) }
}

/** Returns the shard that a STORE describes. Throws HoardError 'format-*' | 'signature-invalid' | BAD-REQUEST. SPEC ADM1. */
function checkRequest(
  { peer, self }: { readonly peer: PeerId; readonly self: PeerId },
  { descriptor: descriptorBytes, charter, index, permit }: StoreRequest,
  now: number,
): Candidate {
  const descriptor = decodeDescriptor(descriptorBytes)
  const shardId = descriptor.shardIds[index]
  const segmentId = segmentIdOf(descriptorBytes)
  // Only the owner places: whoever has a shard could give copies of it to everybody who may keep just one of its segment.
  if (!shardId || !permit) throw refused('BAD-REQUEST')
  const wish = readPermit(permit)
  if (wish.holder !== self || wish.index !== index || !equalBytes(wish.segmentId, segmentId)) throw refused('BAD-REQUEST')
  const paper = checkCharter(charter, now)
  if (!equalBytes(paper.groupKey, descriptor.groupKey)) throw refused('BAD-REQUEST')
  checkPermit(permit, descriptor.groupKey)
  const length = shardLength(descriptor.sealedLength, descriptor.k)
  const row = { segmentId, groupId: paper.groupId, index, shardId, length, placedBy: peer, at: now, isPermitted: true } as const
  return { row, descriptorBytes, paper }
}

/**
 * One shard of a segment per holder, so that losing one person is losing one shard. What the owner wishes takes the place of a shard that
 * somebody else brought, but not of another one of the owner's. SPEC ADM3.
 */
function refuseSecond(kept: KeptShard | undefined, row: KeptShard): void {
  if (!kept || kept.index === row.index) return
  if (kept.isPermitted || kept.placedBy === row.placedBy) throw refused('BAD-REQUEST', kept.index)
}

function refuseOver(paper: Paper, row: KeptShard, now: number): void {
  if (paper.is === 'tombstone' || isOver({ is: paper.is, ...paper.charter }, now) || isRetiredBy(paper, row.segmentId))
    throw refused('EXPIRED')
}

/** Tells whether `error` says that bytes which were here are here no longer. */
export function isLoss(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'not-found' || code === 'storage-damaged' || code === 'shard-damaged'
}
