import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { newerPaper, readCharter, readTombstone, type Paper } from '../../core/charter.ts'
import { readClaim } from '../../core/claim.ts'
import { codeOf } from '../../core/errors.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import { askWho, tell, type GroupAnswer, type SentPaper } from '../../protocol/group.ts'
import { MAX_COMPARED } from '../../protocol/limits.ts'
import { askToCompare, askToSum, type NotSpoken } from '../../protocol/sync.ts'
import type { GroupDigests } from '../../protocol/sync-messages.ts'
import type { People } from '../people/people.ts'
import type { ComparedGroups } from './compared-groups.ts'
import { exchangeLog } from './logs/exchange-log.ts'
import { textOf, textOfBoth } from './group-digests.ts'
import { FEWEST_SUMMED, placeOf, sumsFor, sumsOf } from './group-sums.ts'

/** The outcome of a comparison. */
export interface Exchanged {
  /** The groups of which the peer knew something, once that is known here too. */
  readonly settled: readonly GroupId[]
  /** The groups about which it says nothing. */
  readonly unknown: readonly GroupId[]
  /** The peer said RATE before all groups were compared. SPEC SYN3. */
  readonly isCutShort?: true
}

/** Brings the news of groups to this device from another one, and back. */
export interface NewsExchange {
  /**
   * Compares `groupIds` with `peer` and gives each side what it lacks.
   * @throws HoardError of `askToCompare`; `signal.reason`
   */
  with(peer: PeerId, groupIds: readonly GroupId[], signal: AbortSignal): Promise<Exchanged | NotSpoken>
  /** Does the same with all groups that both sides keep by what is known here, and others: what is alike goes by sums. SPEC SYN8. */
  withAll(peer: PeerId, groupIds: readonly GroupId[], signal: AbortSignal): Promise<Exchanged | NotSpoken>
}

/** Groups of one peer that are asked about side by side. */
const ASKED_AT_ONCE = 2
/** Differences remembered that an exchange did not settle. */
const UNSETTLED_AT_MOST = 8_192
/** Time for which a peer that does not speak of sums is not asked for them, and peers of which that is remembered. SPEC SYN1. */
const [NOT_SPOKEN_MS, NOT_SPOKEN_AT_MOST] = [86_400_000, 2_000]

/**
 * Returns the exchange between `groups` and other peers.
 * @param mineOf resolves with the digests of a group
 * @param isKept tells whether a piece of a group is kept here: of the others no sums are compared
 * Source: protocol SPEC.md SYN2, SYN7, SYN8.
 */
export function createNewsExchange(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  people: Pick<People, 'known'>,
  groups: ComparedGroups,
  mineOf: (groupId: GroupId) => Promise<GroupDigests>,
  isKept: (groupId: GroupId) => boolean,
): NewsExchange {
  /** What both sides knew after an exchange that left a difference, by peer and group or place of a sum. */
  const unsettled = new Map<string, string>()
  /** When each peer that does not speak of sums is asked again, on the scale of `ran`. */
  const noSumsUntil = new Map<PeerId, number>()

  function noteUnsettled(key: string, both: string): void {
    unsettled.delete(key)
    unsettled.set(key, both)
    const [oldest] = unsettled.keys()
    if (unsettled.size > UNSETTLED_AT_MOST && oldest !== undefined) unsettled.delete(oldest)
  }

  /** Tells whether all that `peer` knows of the group is known here now. */
  async function settle(peer: PeerId, groupId: GroupId, theirs: GroupDigests, signal: AbortSignal): Promise<boolean> {
    const key = `${peer}/${hex(groupId)}`
    if (unsettled.get(key) === textOfBoth(await mineOf(groupId), theirs)) return true
    try {
      const asking = { signal, hops: people.known(peer)?.hops ?? [] }
      const answer = await askWho(network, clock, peer, groupId, asking)
      if (answer.paper) await groups.take(peer, groupId, { paper: answer.paper, claims: [] })
      const claims = answer.own ? [answer.own, ...answer.claims] : answer.claims
      if (claims.length > 0) await groups.take(peer, groupId, { claims }).catch(ignoreRefusals)
      const news = await newsFor(peer, groupId, answer)
      if (news) await tell(network, clock, peer, news, asking).catch(ignoreRefusals)
      await exchangeLog({ network, clock }, groups, peer, groupId, asking).catch(ignoreRefusals)
    } catch (error) {
      signal.throwIfAborted()
      ignoreRefusals(error)
      return false
    }
    noteUnsettled(key, textOfBoth(await mineOf(groupId), theirs))
    return true
  }

  /** Returns what this device knows and the answer of `peer` lacks; undefined when that is nothing. */
  async function newsFor(peer: PeerId, groupId: GroupId, answer: GroupAnswer) {
    const [mine, theirs] = [await groups.paper(groupId), answer.paper && readPaper(answer.paper)]
    const isNewer = mine && (!theirs || (!equalBytes(mine.bytes, theirs.bytes) && newerPaper(theirs, mine) === mine))
    const claims = mine?.is === 'tombstone' ? [] : await claimsBeyond(peer, groupId, answer)
    if (!isNewer && claims.length === 0) return undefined
    const paper = isNewer ? (mine.is === 'tombstone' ? { tombstone: mine.bytes } : { charter: mine.bytes }) : {}
    return { ...paper, claims }
  }

  async function claimsBeyond(peer: PeerId, groupId: GroupId, { own, claims }: GroupAnswer): Promise<readonly Bytes[]> {
    const seqByHolder = new Map([...(own ? [own] : []), ...claims].flatMap((bytes) => seqOf(bytes)))
    const newer = groups
      .roll(groupId)
      .all()
      .filter(({ holder, seq }) => holder !== peer && seq > (seqByHolder.get(holder) ?? -1))
    const found = await Promise.all(newer.map(({ holder }) => groups.claim(groupId, holder)))
    return found.filter((bytes) => bytes !== undefined)
  }

  async function exchange(peer: PeerId, groupIds: readonly GroupId[], signal: AbortSignal): Promise<Exchanged | NotSpoken> {
    const [settled, unknown]: [GroupId[], GroupId[]] = [[], []]
    for (let at = 0; at < groupIds.length; at += MAX_COMPARED) {
      const asked = groupIds.slice(at, at + MAX_COMPARED)
      const rows = await mapLimited(asked, 1, async (groupId) => ({ groupId, ...(await mineOf(groupId)) }))
      const hops = people.known(peer)?.hops ?? []
      const compared = await askToCompare(network, clock, peer, rows, { signal, hops }).catch(cutShortByRate)
      if (compared === 'not spoken') return compared
      // What has been compared counts: else a peer with many groups would begin anew without ever coming to their end.
      if (compared === 'cut short') return { settled, unknown, isCutShort: true }
      const strange = new Set(compared.unknown)
      const open = new Set(compared.differing.map(({ place }) => place))
      unknown.push(...asked.filter((_groupId, place) => strange.has(place)))
      settled.push(...asked.filter((_groupId, place) => !strange.has(place) && !open.has(place)))
      await mapLimited(compared.differing, ASKED_AT_ONCE, async ({ place, ...theirs }) => {
        const groupId = asked[place]
        if (groupId && (await settle(peer, groupId, theirs, signal))) settled.push(groupId)
      })
    }
    return { settled, unknown }
  }

  /** Returns what `peer` has instead at those places where it differs from `sums`; undefined when it does not speak of sums. */
  async function askForSums(peer: PeerId, sums: readonly Bytes[], signal: AbortSignal): Promise<ReadonlyMap<number, Bytes> | undefined> {
    if (clock.ran() < (noSumsUntil.get(peer) ?? -Infinity)) return undefined
    const answer = await askToSum(network, clock, peer, sums, { signal, hops: people.known(peer)?.hops ?? [] })
    if (answer !== 'not spoken') return new Map(answer.map(({ place, sum }) => [place, sum]))
    // A connection that broke says nothing about what its far side speaks.
    if (people.known(peer)?.isNear === true) noSumsUntil.set(peer, clock.ran() + NOT_SPOKEN_MS)
    const [oldest] = noSumsUntil.keys()
    if (noSumsUntil.size > NOT_SPOKEN_AT_MOST && oldest !== undefined) noSumsUntil.delete(oldest)
    return undefined
  }

  return {
    with: exchange,
    async withAll(peer, groupIds, signal) {
      const kept = groupIds.filter(isKept)
      if (kept.length < FEWEST_SUMMED) return exchange(peer, groupIds, signal)
      const count = sumsFor(kept.length)
      const sums = await sumsOf(kept, count, mineOf)
      const theirs = await askForSums(peer, sums, signal)
      if (theirs === undefined) return exchange(peer, groupIds, signal)
      const keyOf = (place: number): string => `${peer}/${place} of ${count}`
      const isSettled = (place: number): boolean => {
        const sum = theirs.get(place)
        return sum === undefined || unsettled.get(keyOf(place)) === textOf(sums[place] ?? sum, sum)
      }
      const alike = new Set(kept.filter((groupId) => isSettled(placeOf(groupId, count))))
      const open = groupIds.filter((groupId) => !alike.has(groupId))
      const outcome = await exchange(peer, open, signal)
      if (outcome === 'not spoken') return outcome
      const { settled, unknown, isCutShort } = outcome
      if (settled.length + unknown.length === open.length) {
        const after = await sumsOf(kept, count, mineOf)
        for (const [place, sum] of theirs) noteUnsettled(keyOf(place), textOf(after[place] ?? sum, sum))
      }
      return { settled: [...settled, ...alike], unknown, ...(isCutShort && { isCutShort }) }
    },
  }
}

function cutShortByRate(error: unknown): 'cut short' {
  if (refusalOf(error) !== 'RATE') throw error
  return 'cut short'
}

/** A peer that refuses news, or whose news are wrong, changes nothing here: others are compared with as well. */
function ignoreRefusals(error: unknown): void {
  if (codeOf(error) === undefined) throw error
}

function readPaper({ is, bytes }: SentPaper): Paper | undefined {
  try {
    return is === 'tombstone' ? readTombstone(bytes) : readCharter(bytes)
  } catch {
    return undefined
  }
}

function seqOf(bytes: Bytes): readonly (readonly [PeerId, number])[] {
  try {
    const { holder, seq } = readClaim(bytes)
    return [[holder, seq]]
  } catch {
    return []
  }
}
