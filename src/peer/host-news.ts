import { equalBytes, hex, type Bytes } from '../core/bytes.ts'
import { checkCharter, checkTombstone, type Paper } from '../core/charter.ts'
import { checkClaim, type ClaimFields, newerClaim, readClaim } from '../core/claim.ts'
import type { GroupId, PeerId } from '../core/ids.ts'
import type { CatalogChange } from '../ports/catalog.ts'
import type { GroupHost, SentPaper } from '../protocol/group.ts'
import { MAX_GROUP_HOLDERS } from '../protocol/limits.ts'
import { refused } from '../protocol/refusal.ts'
import type { CheckedClaim } from './host-groups.ts'
import type { HostState, Keeper } from './host-keep.ts'
import type { Turn } from './host-turn.ts'

/**
 * Bytes of claims of one group that peers who placed nothing of it may fill up: both layouts of the largest group at 48 holders. SPEC GRO4.
 */
const MAX_STRANGE_CLAIM_BYTES = 1024 * 1024

/** A claim that was read and not checked. */
type SentFields = ClaimFields & { readonly bytes: Bytes }

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
  const { catalog, papers, signer, stock, shelf, groups } = state

  const isKept = (groupId: GroupId): boolean => groups.facts(groupId) !== undefined || shelf.ofGroup(groupId).length > 0

  /** Returns those of `groupIds` of which shards without papers are here: one look at the disk's list for all of them. */
  function orphaned(groupIds: ReadonlyMap<string, GroupId>): ReadonlyMap<string, GroupId> {
    const found = new Map<string, GroupId>()
    if (groupIds.size === 0) return found
    for (const { isWhole, groupId, shardId } of stock.entries()) {
      const name = hex(groupId)
      if (isWhole && groupIds.has(name) && shelf.ofShard(shardId).length === 0) found.set(name, groupId)
    }
    return found
  }

  /** What is half done when its group ends is of no use either. */
  const isBegun = (groupId: GroupId): boolean => stock.entries().some((entry) => !entry.isWhole && hex(entry.groupId) === hex(groupId))

  /** Anyone can make up names that claim; only whoever placed something of the group here may crowd others out. */
  const isPlacer = (peer: PeerId, groupId: GroupId): boolean => shelf.ofGroup(groupId).some(({ placedBy }) => placedBy === peer)

  /** Keeps those of `claims` that are newer than what is here, all in one commit. In turn. */
  async function takeClaims(teller: PeerId, claims: readonly CheckedClaim[]): Promise<void> {
    const changes: CatalogChange[] = []
    for (const claim of claims) {
      const { groupId, holder } = claim
      if (groups.facts(groupId)?.is === 'tombstone') continue
      const known = await groups.claim(groupId, holder)
      if (known && newerClaim(known, claim) === known) continue
      const hasPlaced = isPlacer(teller, groupId)
      const growth = claim.bytes.length - (known?.bytes.length ?? 0)
      if (!hasPlaced && growth > 0 && groups.claimBytes(groupId) + growth > MAX_STRANGE_CLAIM_BYTES) continue
      const holders = groups.holders(groupId)
      if (!holders.includes(holder) && holders.length >= MAX_GROUP_HOLDERS) {
        const crowdedOut = holders.find((other) => other !== signer.peerId)
        if (crowdedOut === undefined || !hasPlaced) continue
        changes.push(groups.changeWithoutClaim(groupId, crowdedOut))
        groups.dropClaim(groupId, crowdedOut)
      }
      changes.push(groups.changeForClaim(claim))
      groups.putClaim(claim)
    }
    if (changes.length > 0) await catalog.commit(changes)
  }

  /** Returns those that may be new, their signatures checked: what is known already, or of no interest, costs none. */
  async function checkNewClaims(teller: PeerId, claims: readonly SentFields[]): Promise<readonly CheckedClaim[]> {
    const checked: CheckedClaim[] = []
    for (const { groupId, holder, seq, bytes } of claims) {
      if (holder === signer.peerId) continue
      const known = await groups.claim(groupId, holder)
      // Those that a placer names are the last to be crowded out.
      if (known && isPlacer(teller, groupId)) groups.putClaim(known)
      if (known && (known.seq > seq || equalBytes(known.bytes, bytes))) continue
      checked.push(checkClaim(bytes, papers.now()))
    }
    return checked
  }

  return {
    who: async (groupId) => {
      const paper = await groups.paper(groupId)
      if (!paper && shelf.ofGroup(groupId).length === 0) throw refused('UNKNOWN')
      const sentPaper: SentPaper | undefined = paper && { is: paper.is, bytes: paper.bytes }
      return { ...(sentPaper && { paper: sentPaper }), claims: paper?.is === 'tombstone' ? [] : await groups.claims(groupId) }
    },
    told: async (peer, news) => {
      const paper = news.paper && checkPaper(news.paper, papers.now())
      const named = news.claims.map((bytes) => ({ ...readClaim(bytes), bytes }))
      const groupIds = new Map([...(paper ? [paper] : []), ...named].map(({ groupId }) => [hex(groupId), groupId]))
      const kept = new Map([...groupIds].filter(([, groupId]) => isKept(groupId)))
      const interesting = new Set([...kept.keys(), ...orphaned(groupIds).keys()])
      if (paper?.is === 'tombstone' && isBegun(paper.groupId)) interesting.add(hex(paper.groupId))
      if (interesting.size === 0) throw refused('UNKNOWN')
      // Everything is checked before anything is kept: bad news is refused as a whole.
      const claims = await checkNewClaims(
        peer,
        named.filter(({ groupId }) => interesting.has(hex(groupId))),
      )
      await inTurn(async () => {
        if (paper && interesting.has(hex(paper.groupId))) await keeper.takePaper(paper)
        await takeClaims(peer, claims)
      })
      changed()
      for (const groupId of orphaned(groupIds).values()) onOrphanNews(peer, groupId)
    },
  }
}

function checkPaper({ is, bytes }: SentPaper, now: number): Paper {
  return is === 'tombstone' ? checkTombstone(bytes, now) : checkCharter(bytes, now)
}
