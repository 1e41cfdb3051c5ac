import type { Bytes } from '../../core/bytes.ts'
import { isDeviceFault } from '../../core/errors.ts'
import { isTrusted } from '../../core/healing/evidence.ts'
import { indicesToMake, isDouble, newHolders, type RepairCandidate } from '../../core/healing/new-pieces.ts'
import type { PieceSeen } from '../../core/healing/repair-need.ts'
import type { PeerId } from '../../core/ids.ts'
import { raceSignal, within } from '../../flow/deadline.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { REPAIR_CLAIM_BYTES } from '../../protocol/limits.ts'
import { keptInstead, refusalOf } from '../../protocol/refusal.ts'
import { askToRepair, type RepairOffer } from '../../protocol/repair-shard.ts'
import type { StoreExchange } from '../../protocol/store-shard.ts'
import type { NotSpoken } from '../../protocol/sync.ts'
import type { GuardedPapers, GuardedPiece } from '../holding/guarded-groups.ts'
import type { Person } from '../people/person.ts'
import { crowdOf, weighed } from '../placing/candidates.ts'
import type { OpenTurn } from '../placing/send-pieces.ts'
import { counts, isBelievedThere, rowsOf, type RepairTools } from './repair-tools.ts'

/** Finds people who want new pieces of one segment, over one repair. */
export interface NewHolders {
  /**
   * Resolves with at most `count` open turns, each with somebody who wants a piece; with fewer when nobody else does. Pieces that somebody
   * says it has are given to `onKept`. Throws `signal.reason`; failures of this device.
   */
  open(count: number, signal: AbortSignal): Promise<readonly OpenTurn[]>
  /** Ends an open turn to which nothing was sent: its holder may be asked again. */
  putBack(open: OpenTurn): void
  /** Notes that a turn ended without a piece: its index may be offered to somebody else. */
  failed(open: OpenTurn): void
  /** Returns who was busy: another guardian may be at work there. From the first of them on nobody else is asked before `askOn`. */
  busy(): readonly PeerId[]
  /** Asks the others from now on, and those who were busy again. */
  askOn(): void
}

/** A piece that was offered and is there already, with the claim that came for it, unchecked. */
export interface FoundPiece {
  readonly index: number
  readonly peer: PeerId
  readonly claim: Bytes
}

/** Most offers of one repair: an honest one finds its holders among the first. */
const OFFERS_AT_MOST = 96
/** People who have to refuse an index for its own sake before nobody else is offered it, and indices that one person may refuse so. */
const [REFUSERS, REFUSED_BY_ONE] = [2, 2]
/** A new holder asks two others for a leaf before it says what it wants. */
const ANSWER_MS = 45_000
/** Claims that are shown beyond the k that are needed, for those of whose holders one has just gone. */
const SPARE_CLAIMS = 2

/**
 * Returns the asking for new holders of the segment of `piece`. Everybody is asked once.
 * @param onKept resolves with whether somebody has the piece that it says it has: what an answer says is a word until it is checked
 * Source: core SPEC.md RPR7, RPR9; protocol SPEC.md REP1.
 */
export function createNewHolders(
  tools: RepairTools,
  piece: GuardedPiece,
  papers: GuardedPapers,
  onKept: (found: FoundPiece) => Promise<boolean>,
): NewHolders {
  const { people, refusers } = tools
  const { descriptor, descriptorBytes, charter } = papers
  const tried = new Set<PeerId>()
  /** Those of them who may want a piece later: they take one from another guardian now, or have lines enough. */
  const busy = new Set<PeerId>()
  let asksOn = false
  /** Indices that are on their way or kept. */
  const taken = new Set<number>()
  /** The indices that each person refused for their own sake. */
  const refusedBy = new Map<PeerId, readonly number[]>()
  let offers = 0

  const candidates = (): readonly PeerId[] => {
    const { free, doubles } = inOrderToAsk(tools, piece, descriptor.n, (peer) => !tried.has(peer))
    return [...free.filter((peer) => refusers.mayTake(people.of(peer), piece.length)), ...doubles]
  }

  const isRefused = (index: number): boolean => [...refusedBy.values()].filter((indices) => indices.includes(index)).length >= REFUSERS
  /** Returns the indices that may be offered to `peer`. */
  const indicesFor = (peer: PeerId): readonly number[] =>
    indicesToMake(descriptor.shardIds.length, rowsOf(tools, piece)).filter(
      (index) => !taken.has(index) && !isRefused(index) && refusedBy.get(peer)?.includes(index) !== true,
    )

  /** Offers a piece to `peer`. Resolves with what is to be done next: with nothing when it neither wants nor has it. */
  async function offer(
    peer: PeerId,
    index: number,
    claims: readonly Bytes[],
    signal: AbortSignal,
  ): Promise<OpenTurn | FoundPiece | undefined> {
    try {
      const answer = await offerPiece(tools, peer, { descriptor: descriptorBytes, charter, index, claims }, signal)
      if (answer === 'not spoken') return undefined
      return answer.is === 'wanted' ? { index, peer, turn: answer } : { index, peer, claim: answer.claim }
    } catch (error) {
      signal.throwIfAborted()
      if (isDeviceFault(error)) throw error
      people.papers.noteRefusal(peer, error)
      refusers.note(people.of(peer), piece.length, error)
      // Somebody who is there keeps this very piece, as the other found out: it is offered another one. SPEC REP5.
      if (keptInstead(error) === index) refusedBy.set(peer, [...(refusedBy.get(peer) ?? []), index])
      if (refusalOf(error) === 'BUSY') busy.add(peer)
      return undefined
    }
  }

  return {
    async open(count, signal) {
      const claims = await claimsOf(tools, piece, descriptor.k)
      if (claims === undefined) return []
      const left = [...candidates()]
      const turns: OpenTurn[] = []
      const lane = async (): Promise<void> => {
        while (left.length > 0 && offers < OFFERS_AT_MOST && (asksOn || busy.size === 0)) {
          const peer = left.shift()
          const index = peer && indicesFor(peer)[0]
          if (index === undefined || peer === undefined) continue
          taken.add(index)
          tried.add(peer)
          offers++
          const answer = await offer(peer, index, claims, signal)
          if (answer !== undefined && 'turn' in answer) {
            turns.push(answer)
            return
          }
          if (answer !== undefined && (await onKept(answer))) return
          taken.delete(index)
          // A refusal for the sake of an index is not the person's: the next index may be wanted. Nobody refuses all of them.
          const refused = refusedBy.get(peer) ?? []
          if (refused.includes(index) && refused.length < REFUSED_BY_ONE) left.unshift(peer)
        }
      }
      try {
        await mapLimited(Array.from({ length: count }), count, lane)
      } catch (error) {
        for (const { turn } of turns) turn.abort()
        throw error
      }
      return turns
    },
    putBack({ index, peer, turn }) {
      turn.abort()
      taken.delete(index)
      tried.delete(peer)
      offers--
    },
    failed: ({ index }) => void taken.delete(index),
    busy: () => [...busy],
    askOn() {
      asksOn = true
      for (const peer of busy) tried.delete(peer)
      busy.clear()
    },
  }
}

/** What offers of pieces go by, of guardians and of those who go. */
export type OfferTools = Pick<RepairTools, 'parts' | 'people' | 'known' | 'guarded'>

/**
 * Offers `peer` a piece and resolves with the answer; a turn that comes too late is ended.
 * @throws HoardError like `askToRepair`, and 'holder-silent' when no answer comes; `signal.reason`
 */
export async function offerPiece(
  { parts: { network, clock }, people }: Pick<OfferTools, 'parts' | 'people'>,
  peer: PeerId,
  offer: RepairOffer,
  signal: AbortSignal,
): Promise<StoreExchange | NotSpoken> {
  const asking = askToRepair(network, clock, peer, offer, { signal, hops: people.known(peer)?.hops ?? [] })
  try {
    return await within(clock, ANSWER_MS, signal, (deadline) => raceSignal(asking, deadline))
  } catch (error) {
    asking.then(
      (late) => late !== 'not spoken' && late.is === 'wanted' && late.abort(),
      () => undefined,
    )
    throw error
  }
}

/**
 * Returns the people who can be asked to keep a piece of the segment and are `wanted`, in the order in which they are asked: those who keep
 * none of it, and those who keep a double. `n`: shards of the segment in all.
 * Source: SPEC.md RPR9.
 */
export function inOrderToAsk(
  tools: OfferTools,
  piece: GuardedPiece,
  n: number,
  wanted: (peer: PeerId) => boolean,
): { readonly free: readonly PeerId[]; readonly doubles: readonly PeerId[] } {
  const { parts, people, guarded } = tools
  const roll = guarded.roll(piece.groupId)
  const rows = rowsOf(tools, piece)
  const able = peopleToAsk(tools, piece, rows).filter(({ peer }) => wanted(peer))
  const toCandidate = (person: Person): RepairCandidate => ({
    ...weighed(tools, person),
    isInSet: (roll.find(person.peer)?.rows ?? 0) > 0,
  })
  const keeping = rows.filter(counts).flatMap(({ peer }) => {
    const person = people.known(peer)
    return person === undefined ? [] : [crowdOf(tools, person)]
  })
  const inOrder = (some: readonly Person[]): readonly PeerId[] =>
    newHolders(some.map(toCandidate), piece.groupId, n, parts.policy.caps, keeping)
  const keepers = new Set(rows.flatMap(({ peer, standing }) => (standing === 'gone' ? [] : [peer])))
  const [free, doubles] = [able.filter(({ peer }) => !keepers.has(peer)), able.filter(({ peer }) => keepers.has(peer))]
  const hasRoom = ({ hello }: Person): boolean => (hello?.room ?? 0) > 0
  return { free: [...inOrder(free.filter(hasRoom)), ...inOrder(free.filter((person) => !hasRoom(person)))], doubles: inOrder(doubles) }
}

/**
 * Returns the people who can be asked to keep a piece of the segment: they lend room, can be reached and keep none of it, or a double that
 * gives way. Also those who say that they have no room: that is said of stores, to which a tenth of what they lend is closed.
 * Source: SPEC.md RPR9, RPR10; protocol SPEC.md REP7.
 */
export function peopleToAsk(tools: OfferTools, piece: GuardedPiece, rows = rowsOf(tools, piece)): readonly Person[] {
  const { parts, people } = tools
  const keepsDouble = doublesAmong(piece, rows)
  const keepers = new Set(rows.flatMap((row) => (row.standing === 'gone' || keepsDouble(row) ? [] : [row.peer])))
  const isTrusty = (peer: PeerId): boolean => isTrusted(people.conduct.of(peer), parts.policy.presence.lostAfterMs)
  // The owner keeps a copy of its own where it wants one.
  const mayKeep = (peer: PeerId): boolean => peer !== parts.network.self && peer !== piece.owner && !keepers.has(peer)
  return people.lending().filter(({ peer }) => mayKeep(peer) && people.isReachable(peer) && isTrusty(peer))
}

/** Tells whether anybody can be asked who has not lately refused as small a piece. Those who keep a double need no room for another one. */
export function mayAnybodyTake(tools: RepairTools, piece: GuardedPiece, rows: readonly PieceSeen<PeerId>[]): boolean {
  const isDouble = (person: Person): boolean => rows.some(({ peer, standing }) => peer === person.peer && standing !== 'gone')
  return peopleToAsk(tools, piece, rows).some((person) => isDouble(person) || tools.refusers.mayTake(person, piece.length))
}

/** Returns what tells which of `rows`, all those about the segment, are of doubles. SPEC RPR10. */
export function doublesAmong(
  { segmentId }: GuardedPiece,
  rows: readonly PieceSeen<PeerId>[],
): (row: Pick<PieceSeen<PeerId>, 'peer' | 'index'>) => boolean {
  return ({ peer, index }) => isDouble(peer, index, segmentId, rows)
}

/**
 * Returns claims that prove the segment to a new holder: of different indices, this device's own first, then of people who are believed to be
 * there; undefined when there are fewer than k. Those who keep a double are no witnesses: they may be asked themselves. Nor are those of rows
 * that `isShown` leaves out.
 */
export async function claimsOf(
  tools: OfferTools,
  piece: GuardedPiece,
  k: number,
  isShown: (row: PieceSeen<PeerId>) => boolean = counts,
): Promise<readonly Bytes[] | undefined> {
  const { guarded, parts } = tools
  const rank = (peer: PeerId): number => (peer === parts.network.self ? 0 : isBelievedThere(tools, peer) ? 1 : 2)
  const all = rowsOf(tools, piece)
  const keepsDouble = doublesAmong(piece, all)
  const rows = all
    .filter((row) => isShown(row) && !keepsDouble(row))
    .toSorted((a, b) => rank(a.peer) - rank(b.peer) || Number(b.standing === 'proven') - Number(a.standing === 'proven'))
  const shown = new Set<number>()
  const claims: Bytes[] = []
  let bytes = 0
  for (const { peer, index } of rows) {
    if (claims.length >= k + SPARE_CLAIMS || shown.has(index)) continue
    // Somebody who is away proves nothing, where enough others are there.
    if (claims.length >= k && rank(peer) > 1) continue
    const claim = await guarded.claim(piece.groupId, peer)
    if (claim === undefined || bytes + claim.length > REPAIR_CLAIM_BYTES) continue
    bytes += claim.length
    shown.add(index)
    claims.push(claim)
  }
  return claims.length >= k ? claims : undefined
}
