import { equalBytes } from '../../core/bytes.ts'
import { newerClaim, type CheckedClaim } from '../../core/claim.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import { ranks, type Look, type Rank, type RollHolder, type Telling } from '../roll/roll.ts'
import { roomFor, type RollBounds } from '../roll/room-for.ts'
import { recordBytesOf } from './keeping/kept-shards.ts'
import type { HolderState } from './keeping/keep-shards.ts'
import type { Space } from './space.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'

/** Most bytes of all claims of one group: both layouts of the largest group at 48 holders. SPEC GRO4. */
const GROUP_CLAIM_BYTES = 1024 * 1024

/** Keeps claims that were told. All but `rankOf` and `mayFit` run in turn. */
export interface ClaimTaking {
  /** Returns the rank of a claim of `holder` that `teller` tells. */
  rankOf(teller: PeerId, groupId: GroupId, holder: PeerId): Rank
  /** Tells whether a claim of `bytes` bytes could have room after those `ahead`; asked before its signature is checked. */
  mayFit(teller: PeerId, claim: Pick<CheckedClaim, 'groupId' | 'holder'>, bytes: number, ahead: readonly CheckedClaim[]): boolean
  /**
   * Keeps those of `told` that are newer than the kept ones, all in one commit, until one exceeds what the teller may have here.
   * @throws HoardError 'holder-refused' QUOTA, once those before it are kept
   */
  take(teller: PeerId, told: readonly CheckedClaim[]): Promise<void>
  /** Keeps a claim, if it is newer, of which a piece was just looked at and found right: it makes room for itself. Throws like `take`. */
  takeChecked(teller: PeerId, told: CheckedClaim, look: Look): Promise<void>
  /** Notes that a peer that placed something of the group names the holder of a claim that is here already. */
  rename(teller: PeerId, known: CheckedClaim): Promise<void>
}

/**
 * Returns the taking of claims over `state`.
 * @param lostSince returns since when a holder is given up, Unix milliseconds; undefined while it is not
 * @param onTaken called with the group of every claim that was just taken
 * Source: SPEC.md GRO4, GRO7.
 */
export function createClaimTaking(
  { catalog, clock, signer, keptShards, claims, groups }: HolderState,
  space: Space,
  lostSince: (holder: RollHolder) => number | undefined,
  onTaken: (groupId: GroupId) => void,
): ClaimTaking {
  const bounds: RollBounds = { self: signer.peerId, bytes: GROUP_CLAIM_BYTES, lostSince }
  const isPlacer = (peer: PeerId, groupId: GroupId): boolean =>
    keptShards.ofGroup(groupId).some(({ placedBy, isRepaired }) => placedBy === peer && !isRepaired)

  function tellingOf(teller: PeerId, groupId: GroupId, holder: PeerId): Telling {
    if (isPlacer(teller, groupId)) return { teller, rank: ranks.placer, isPlacers: true }
    return { teller, rank: teller === holder ? ranks.holder : ranks.hearsay, isPlacers: false }
  }

  /** Counts the claim from now on and returns the changes that keep it; undefined when its group has no room. Throws QUOTA or FULL. */
  function changesFor(teller: PeerId, claim: CheckedClaim, evidence: 'told' | 'checked'): readonly CatalogChange[] | undefined {
    const { groupId, holder } = claim
    const roll = claims.roll(groupId)
    const before = roll.find(holder)
    const telling = tellingOf(teller, groupId, holder)
    const taking = { takenAt: clock.now(), telling: { ...telling, rank: higher(telling.rank, before?.telling?.rank) } }
    const change = claims.changeFor(claim, taking)
    const bytes = recordBytesOf(change)
    const out = roomFor(roll, { holder, telling, bytes, isChecked: evidence === 'checked' }, bounds)
    if (!out) return undefined
    const isOwnBefore = before?.telling?.teller === teller && before.telling.isPlacers === telling.isPlacers
    const isBooked = telling.isPlacers || (evidence === 'told' && !before?.isChecked)
    if (isBooked) space.checkClaims(teller, bytes - (isOwnBefore ? before.bytes : 0), telling.isPlacers ? 'placed' : 'told')
    for (const other of out) claims.drop(groupId, other)
    claims.put(claim, change, taking)
    onTaken(groupId)
    return [...out.map((other) => claims.changeWithout(groupId, other)), change]
  }

  /** Tells whether the claim is newer than the one that is kept, in a group that has not ended. */
  async function isNews(claim: CheckedClaim): Promise<boolean> {
    if (groups.facts(claim.groupId)?.is === 'tombstone') return false
    const known = await claims.find(claim.groupId, claim.holder)
    return known === undefined || newerClaim(known, claim) !== known
  }

  return {
    rankOf: (teller, groupId, holder) => tellingOf(teller, groupId, holder).rank,
    mayFit: (teller, { groupId, holder }, bytes, ahead) => {
      const roll = claims.roll(groupId)
      const isNew = (other: CheckedClaim): boolean =>
        equalBytes(other.groupId, groupId) && other.holder !== teller && roll.find(other.holder) === undefined
      const newcomer = { holder, telling: tellingOf(teller, groupId, holder), bytes, isChecked: false }
      return roomFor(roll, { ...newcomer, ahead: ahead.filter(isNew).length }, bounds) !== undefined
    },
    take: async (teller, told) => {
      const changes: CatalogChange[] = []
      try {
        for (const claim of told) if (await isNews(claim)) changes.push(...(changesFor(teller, claim, 'told') ?? []))
      } finally {
        if (changes.length > 0) await catalog.commit(changes)
      }
    },
    takeChecked: async (teller, told, look) => {
      if (keptShards.ofGroup(told.groupId).length === 0) return
      const changes = (await isNews(told)) ? changesFor(teller, told, 'checked') : []
      if (changes === undefined) return
      if (changes.length > 0) await catalog.commit(changes)
      await claims.noteLook(told.groupId, told.holder, look)
    },
    rename: async (teller, known) => {
      const { groupId, holder } = known
      if (claims.roll(groupId).find(holder)?.telling?.rank === ranks.placer) return claims.renew(groupId, holder)
      const changes = changesFor(teller, known, 'told')
      if (changes) await catalog.commit(changes)
    },
  }
}

function higher(a: Rank, b: Rank = ranks.hearsay): Rank {
  return a > b ? a : b
}
