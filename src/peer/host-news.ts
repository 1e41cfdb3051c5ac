import { equalBytes, hex } from '../core/bytes.ts'
import { checkCharter, checkTombstone, type Paper } from '../core/charter.ts'
import { checkClaim, newerClaim } from '../core/claim.ts'
import type { GroupId, PeerId } from '../core/ids.ts'
import type { CatalogChange } from '../ports/catalog.ts'
import type { GroupHost, SentPaper } from '../protocol/group.ts'
import { MAX_GROUP_HOLDERS } from '../protocol/limits.ts'
import { refused } from '../protocol/refusal.ts'
import type { CheckedClaim } from './host-groups.ts'
import type { HostState, Keeper } from './host-keep.ts'
import type { Turn } from './host-turn.ts'

/** Returns how this holder answers WHO and TELL. SPEC GRO. */
export function createNews(parts: {
  readonly state: HostState
  readonly keeper: Keeper
  readonly inTurn: Turn
  /** Called after news of a group of which shards without papers are here. */
  readonly onOrphanNews: (peer: PeerId, groupId: GroupId) => void
  readonly changed: () => void
}): GroupHost {
  const { state, keeper, inTurn, onOrphanNews, changed } = parts
  const { catalog, clock, signer, stock, shelf, groups } = state

  const hasOrphans = (groupId: GroupId): boolean =>
    stock.entries().some((entry) => entry.isWhole && equalBytes(entry.groupId, groupId) && shelf.ofShard(entry.shardId).length === 0)
  const isKnown = (groupId: GroupId): boolean =>
    groups.facts(groupId) !== undefined || shelf.ofGroup(groupId).length > 0 || hasOrphans(groupId)

  /** Keeps those of `claims` that are newer than what is here, all in one commit. In turn. */
  async function takeClaims(teller: PeerId, claims: readonly CheckedClaim[]): Promise<void> {
    const changes: CatalogChange[] = []
    for (const claim of claims) {
      const { groupId, holder } = claim
      if (!isKnown(groupId) || groups.facts(groupId)?.is === 'tombstone') continue
      const known = await groups.claim(groupId, holder)
      if (known && newerClaim(known, claim) === known) continue
      const holders = groups.holders(groupId)
      if (!holders.includes(holder) && holders.length >= MAX_GROUP_HOLDERS) {
        // Anyone can make up names that claim; only whoever placed the group here may crowd others out.
        const crowdedOut = holders.find((other) => other !== signer.peerId)
        if (crowdedOut === undefined || !shelf.ofGroup(groupId).some(({ placedBy }) => placedBy === teller)) continue
        changes.push(groups.changeWithoutClaim(groupId, crowdedOut))
        groups.dropClaim(groupId, crowdedOut)
      }
      changes.push(groups.changeForClaim(claim))
      groups.putClaim(claim)
    }
    if (changes.length > 0) await catalog.commit(changes)
  }

  return {
    who: async (groupId) => {
      const paper = await groups.paper(groupId)
      if (!paper && shelf.ofGroup(groupId).length === 0) throw refused('UNKNOWN')
      const sentPaper: SentPaper | undefined = paper && { is: paper.is, bytes: paper.bytes }
      return { ...(sentPaper && { paper: sentPaper }), claims: paper?.is === 'tombstone' ? [] : await groups.claims(groupId) }
    },
    told: async (peer, news) => {
      const now = clock.now()
      const paper = news.paper && checkPaper(news.paper, now)
      // Everything is checked before anything is kept: bad news is refused as a whole.
      const claims = news.claims.map((bytes) => checkClaim(bytes, now)).filter(({ holder }) => holder !== signer.peerId)
      const groupIds = new Map([paper, ...claims].filter((one) => one !== undefined).map(({ groupId }) => [hex(groupId), groupId]))
      if (![...groupIds.values()].some(isKnown)) throw refused('UNKNOWN')
      await inTurn(async () => {
        if (paper && isKnown(paper.groupId)) await keeper.takePaper(paper)
        await takeClaims(peer, claims)
      })
      changed()
      for (const groupId of groupIds.values()) if (hasOrphans(groupId)) onOrphanNews(peer, groupId)
    },
  }
}

function checkPaper({ is, bytes }: SentPaper, now: number): Paper {
  return is === 'tombstone' ? checkTombstone(bytes, now) : checkCharter(bytes, now)
}
