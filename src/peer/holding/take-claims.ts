import { newerClaim, type CheckedClaim } from '../../core/claim.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import { MAX_GROUP_HOLDERS } from '../../protocol/limits.ts'
import { type Rank, ranks, type Telling } from './keeping/kept-claims.ts'
import type { HolderState } from './keeping/keep-shards.ts'
import type { Space } from './space.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'

/** Most bytes of all claims of one group: both layouts of the largest group at 48 holders. SPEC GRO4. */
const GROUP_CLAIM_BYTES = 1024 * 1024

/** Keeps claims that were told. `take` and `rename` run in turn. */
export interface ClaimTaking {
  /** Returns the rank of a claim of `holder` that `teller` tells. */
  rankOf(teller: PeerId, groupId: GroupId, holder: PeerId): Rank
  /** Tells whether a claim of `bytes` bytes could have room; asked before its signature is checked. */
  mayFit(teller: PeerId, groupId: GroupId, holder: PeerId, bytes: number): boolean
  /**
   * Keeps those of `told` that are newer than the kept ones, all in one commit, until one exceeds what the teller may have here.
   * @throws HoardError 'holder-refused' QUOTA, once those before it are kept
   */
  take(teller: PeerId, told: readonly CheckedClaim[]): Promise<void>
  /** Notes that a peer that placed something of the group names the holder of a claim that is here already. */
  rename(teller: PeerId, known: CheckedClaim): Promise<void>
}

/** Returns the taking of claims over `state`. Source: SPEC.md GRO4, GRO7. */
export function createClaimTaking({ catalog, signer, keptShards, claims, groups }: HolderState, space: Space): ClaimTaking {
  const isPlacer = (peer: PeerId, groupId: GroupId): boolean => keptShards.ofGroup(groupId).some(({ placedBy }) => placedBy === peer)

  function rankOf(teller: PeerId, groupId: GroupId, holder: PeerId): Rank {
    if (isPlacer(teller, groupId)) return ranks.placer
    return teller === holder ? ranks.holder : ranks.hearsay
  }

  /** Returns the holders whose claims must go to make room for one of `bytes`, lowest rank first; undefined when that does not suffice. */
  function crowdedOut(groupId: GroupId, holder: PeerId, rank: Rank, bytes: number): readonly PeerId[] | undefined {
    const others = claims.holders(groupId).filter((other) => other !== holder)
    const rankFor = (other: PeerId): number => claims.counted(groupId, other)?.telling?.rank ?? ranks.hearsay
    // Hearsay displaces nothing; other claims displace those of lower rank, then those of their own that were told longest ago.
    const weaker = others.filter((other) => other !== signer.peerId && rank > ranks.hearsay && rankFor(other) <= rank)
    let count = others.length
    let left = GROUP_CLAIM_BYTES - claims.bytesOf(groupId) + (claims.counted(groupId, holder)?.recordBytes ?? 0) - bytes
    const out: PeerId[] = []
    for (const other of weaker.toSorted((a, b) => rankFor(a) - rankFor(b))) {
      if (count < MAX_GROUP_HOLDERS && left >= 0) break
      out.push(other)
      count--
      left += claims.counted(groupId, other)?.recordBytes ?? 0
    }
    return count < MAX_GROUP_HOLDERS && left >= 0 ? out : undefined
  }

  function tellingOf(teller: PeerId, { groupId, holder }: CheckedClaim): Telling {
    const said = rankOf(teller, groupId, holder)
    const before = claims.counted(groupId, holder)?.telling?.rank ?? ranks.hearsay
    return { teller, rank: said > before ? said : before, isPlacers: said === ranks.placer }
  }

  /** Counts the claim from now on and returns the changes that keep it; undefined when its group has no room. Throws QUOTA or FULL. */
  function changesFor(teller: PeerId, claim: CheckedClaim): readonly CatalogChange[] | undefined {
    const { groupId, holder } = claim
    const telling = tellingOf(teller, claim)
    const change = claims.changeFor(claim, telling)
    const bytes = (change.value?.length ?? 0) + change.key.length
    const out = crowdedOut(groupId, holder, rankOf(teller, groupId, holder), bytes)
    if (!out) return undefined
    const before = claims.counted(groupId, holder)
    const isOwnBefore = before?.telling?.teller === teller && before.telling.isPlacers === telling.isPlacers
    space.checkClaims(teller, bytes - (isOwnBefore ? before.recordBytes : 0), telling.isPlacers ? 'placed' : 'told')
    for (const other of out) claims.drop(groupId, other)
    claims.put(claim, change, telling)
    return [...out.map((other) => claims.changeWithout(groupId, other)), change]
  }

  return {
    rankOf,
    mayFit: (teller, groupId, holder, bytes) => crowdedOut(groupId, holder, rankOf(teller, groupId, holder), bytes) !== undefined,
    take: async (teller, told) => {
      const changes: CatalogChange[] = []
      try {
        for (const claim of told) {
          const { groupId, holder } = claim
          if (groups.facts(groupId)?.is === 'tombstone') continue
          const known = await claims.find(groupId, holder)
          if (known && newerClaim(known, claim) === known) continue
          changes.push(...(changesFor(teller, claim) ?? []))
        }
      } finally {
        if (changes.length > 0) await catalog.commit(changes)
      }
    },
    rename: async (teller, known) => {
      const { groupId, holder } = known
      const before = claims.counted(groupId, holder)
      if (before?.telling?.rank === ranks.placer) return claims.renew(groupId, holder)
      const changes = changesFor(teller, known)
      if (changes) await catalog.commit(changes)
    },
  }
}
