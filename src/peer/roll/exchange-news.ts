import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { newerPaper, readCharter, readTombstone, type Paper } from '../../core/charter.ts'
import { readClaim } from '../../core/claim.ts'
import { codeOf } from '../../core/errors.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import { askWho, tell, type GroupAnswer, type SentPaper } from '../../protocol/group.ts'
import { MAX_COMPARED } from '../../protocol/limits.ts'
import { askToCompare, type NotSpoken } from '../../protocol/sync.ts'
import type { GroupDigests } from '../../protocol/sync-messages.ts'
import type { People } from '../people/people.ts'
import type { ComparedGroups } from './compared-groups.ts'
import { digestsOf, textOfBoth } from './group-digests.ts'

/** The outcome of a comparison. */
export interface Exchanged {
  /** The groups of which the peer knew something, once that is known here too. */
  readonly settled: readonly GroupId[]
  /** The groups about which it says nothing. */
  readonly unknown: readonly GroupId[]
}

/** Brings the news of groups to this device from another one, and back. */
export interface NewsExchange {
  /**
   * Compares `groupIds` with `peer` and gives each side what it lacks.
   * @throws HoardError of `askToCompare`; `signal.reason`
   */
  with(peer: PeerId, groupIds: readonly GroupId[], signal: AbortSignal): Promise<Exchanged | NotSpoken>
}

/** Groups of one peer that are asked about side by side. */
const ASKED_AT_ONCE = 2
/** Differences remembered that an exchange did not settle. */
const UNSETTLED_AT_MOST = 8_192

/** Returns the exchange between `groups` and other peers. Source: protocol SPEC.md SYN2, SYN7. */
export function createNewsExchange(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  people: Pick<People, 'known'>,
  groups: ComparedGroups,
): NewsExchange {
  /** What both sides knew after an exchange that left a difference, by peer and group. */
  const unsettled = new Map<string, string>()

  const mineOf = async (groupId: GroupId): Promise<GroupDigests> => digestsOf(await groups.paper(groupId), groups.roll(groupId))

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
    } catch (error) {
      signal.throwIfAborted()
      ignoreRefusals(error)
      return false
    }
    unsettled.delete(key)
    unsettled.set(key, textOfBoth(await mineOf(groupId), theirs))
    const [oldest] = unsettled.keys()
    if (unsettled.size > UNSETTLED_AT_MOST && oldest !== undefined) unsettled.delete(oldest)
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

  return {
    async with(peer, groupIds, signal) {
      const [settled, unknown]: [GroupId[], GroupId[]] = [[], []]
      for (let at = 0; at < groupIds.length; at += MAX_COMPARED) {
        const asked = groupIds.slice(at, at + MAX_COMPARED)
        const rows = await mapLimited(asked, 1, async (groupId) => ({ groupId, ...(await mineOf(groupId)) }))
        const compared = await askToCompare(network, clock, peer, rows, { signal, hops: people.known(peer)?.hops ?? [] })
        if (compared === 'not spoken') return compared
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
    },
  }
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
