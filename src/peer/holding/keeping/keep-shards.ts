import { equalBytes, hex, type Bytes } from '../../../core/bytes.ts'
import { newerPaper, nextSeq, type Paper } from '../../../core/charter.ts'
import { checkClaim, claimMessage, encodeClaim, MAX_CLAIM_ROWS, type CheckedClaim } from '../../../core/claim.ts'
import { assert } from '../../../core/errors.ts'
import type { SegmentId, GroupId, PeerId } from '../../../core/ids.ts'
import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Random } from '../../../ports/random.ts'
import type { Signer } from '../../../ports/signer.ts'
import { refused } from '../../../protocol/refusal.ts'
import type { KeptClaims } from './kept-claims.ts'
import type { KeptGroups } from './kept-groups.ts'
import type { KeptShard, KeptShards } from './kept-shards.ts'
import { createRecent } from './recent.ts'
import type { ShardDisk } from './shard-disk.ts'
import type { ConfirmedTime } from '../../people/paper-clock.ts'

/** Whether a claim says so when nothing is left to claim. */
type Nothing = 'said' | 'unsaid'

/** Pieces that were given up and are remembered. */
const GIVEN_UP_AT_MOST = 4_096

/** The state that a holder's operations share. */
export interface HolderState {
  readonly catalog: Catalog
  readonly signer: Signer
  readonly clock: Clock
  readonly papers: ConfirmedTime
  readonly random: Random
  readonly shardDisk: ShardDisk
  readonly keptShards: KeptShards
  readonly groups: KeptGroups
  readonly claims: KeptClaims
}

/**
 * All changes to what a holder keeps: rows, papers and its own claim change together, on disk first.
 * One call at a time.
 */
export interface KeptState {
  /** Resolves with the newer of `given` and the kept paper. */
  governing(given: Paper): Promise<Paper>
  /** Keeps `paper` if it is newer than the kept one, and moves shards into or out of the trash as it says. */
  takePaper(paper: Paper): Promise<void>
  /** Keeps a shard that is whole on disk, with the paper that governs it, and returns the claim that says so. */
  keep(row: KeptShard, papers: { readonly descriptorBytes: Bytes; readonly leafDigests: Bytes }, paper: Paper): Promise<Bytes>
  /** Notes that the owner showed a permit for a shard that is kept already. One that a repair brought counts as placed by `row` from then on. */
  noteWish(row: KeptShard): Promise<void>
  /** Returns the newest own claim of the group, signing one when there is none. */
  ownClaim(groupId: GroupId): Promise<Bytes>
  /** Forgets rows, and removes the shards that have no row left from disk. */
  forget(rows: readonly KeptShard[]): Promise<void>
  /**
   * Gives up a piece that others keep: signs the claim anew without it, also where nothing of the group is left, and then removes it from
   * disk. SPEC KEE7.
   */
  giveUp(row: KeptShard): Promise<void>
  /** Tells whether the piece was given up lately, or for another one: it may still be asked for. SPEC KEE7. */
  isGivenUp(segmentId: SegmentId, index: number): boolean
  /** Forgets the rows of lost shards and changes the store's epoch. */
  declareLost(rows: readonly KeptShard[]): Promise<void>
  /** 16 random bytes, replaced whenever a kept shard is lost. */
  storeEpoch(): Bytes
}

/**
 * Returns the changes over `state`; makes the store's epoch when there is none.
 * @param tellingMs time for which others may not have heard yet that a piece was given up, milliseconds
 * @param onChanged called with the group of every piece and paper that was just taken, and of every piece that was given up
 */
export async function createKeptState(state: HolderState, tellingMs: number, onChanged: (groupId: GroupId) => void): Promise<KeptState> {
  const { catalog, signer, clock, papers, random, shardDisk, keptShards, groups, claims } = state
  const lastEpoch = await catalog.get('self', 'store-epoch')
  let storeEpoch = lastEpoch?.length === 16 ? lastEpoch : random.bytes(16)
  if (storeEpoch !== lastEpoch) await catalog.commit([{ table: 'self', key: 'store-epoch', value: storeEpoch }])
  /** When pieces were given up, on the scale of `ran`. */
  const givenUp = createRecent<number>(GIVEN_UP_AT_MOST)

  async function governing(given: Paper): Promise<Paper> {
    const known = await groups.paper(given.groupId)
    return known ? newerPaper(known, given) : given
  }

  /** Signs a claim on those of `rows` that are outside the trash; undefined when none is, unless that is to be said. */
  async function signClaim(groupId: GroupId, rows: readonly KeptShard[], nothing: Nothing): Promise<CheckedClaim | undefined> {
    const live = rows.filter(({ trashedAt }) => trashedAt === undefined).map(({ segmentId, index }) => ({ segmentId, index }))
    if (live.length === 0 && nothing === 'unsaid') return undefined
    assert(live.length <= MAX_CLAIM_ROWS, 'admission keeps a group within the rows of a claim')
    const at = papers.now()
    const last = await claims.find(groupId, signer.peerId)
    const fields = { groupId, holder: signer.peerId, seq: nextSeq(last?.seq, at), rows: live, at }
    return checkClaim(encodeClaim(fields, await signer.sign(claimMessage(fields))), at)
  }

  /** Commits `changes` together with the claim on `rows`, which must be all rows of the group after the changes. */
  async function commitWithClaim(
    groupId: GroupId,
    rows: readonly KeptShard[],
    changes: readonly CatalogChange[],
    nothing: Nothing = 'unsaid',
  ): Promise<Bytes | undefined> {
    const claim = await signClaim(groupId, rows, nothing)
    const taking = { takenAt: clock.now() }
    const claimChange = claim ? claims.changeFor(claim, taking) : claims.changeWithout(groupId, signer.peerId)
    await catalog.commit([...changes, claimChange])
    if (claim) claims.put(claim, claimChange, taking)
    else claims.drop(groupId, signer.peerId)
    return claim?.bytes
  }

  async function takePaper(paper: Paper, placer?: PeerId): Promise<void> {
    const { groupId } = paper
    const known = await groups.paper(groupId)
    if (known && equalBytes(newerPaper(known, paper).bytes, known.bytes)) return
    const now = clock.now()
    const diedAt = known?.is === 'tombstone' ? groups.facts(groupId)?.since : undefined
    const before = keptShards.ofGroup(groupId)
    const after = before.map((row) => trashedBy(paper, row, now, diedAt))
    const changed = after.filter((row, at) => row !== before[at])
    const bookedOn = groups.facts(groupId)?.bookedOn ?? placer ?? before.find(({ isRepaired }) => !isRepaired)?.placedBy
    const paperChange = groups.changeForPaper(paper, now, bookedOn)
    const rowChanges = await Promise.all(changed.map(async (row) => ({ row, change: await keptShards.changeOf(row) })))
    // Claims of a group that has ended are of no use to anyone.
    const others = paper.is === 'tombstone' ? claims.holders(groupId).filter((holder) => holder !== signer.peerId) : []
    const changes = [
      paperChange,
      ...rowChanges.map(({ change }) => change),
      ...others.map((holder) => claims.changeWithout(groupId, holder)),
    ]
    if (changed.length > 0) await commitWithClaim(groupId, after, changes)
    else await catalog.commit(changes)
    groups.putPaper(paper, paperChange, now, bookedOn)
    for (const holder of others) claims.drop(groupId, holder)
    for (const { row, change } of rowChanges) keptShards.put(row, change)
    onChanged(groupId)
  }

  async function forget(rows: readonly KeptShard[], nothing: Nothing = 'unsaid'): Promise<void> {
    for (const [groupId, ofGroup] of byGroup(rows)) {
      const names = new Set(ofGroup.map(({ segmentId }) => hex(segmentId)))
      const left = keptShards.ofGroup(groupId).filter(({ segmentId }) => !names.has(hex(segmentId)))
      await commitWithClaim(
        groupId,
        left,
        ofGroup.map(({ segmentId }) => keptShards.changeWithout(segmentId)),
        nothing,
      )
      for (const row of ofGroup) {
        keptShards.drop(row.segmentId)
        if (nothing === 'said') noteGivenUp(row)
        if (keptShards.ofShard(row.shardId).length === 0) await shardDisk.remove(row.shardId)
      }
    }
  }

  function noteGivenUp({ groupId, segmentId, index }: KeptShard): void {
    givenUp.put(pieceName(segmentId, index), clock.ran())
    onChanged(groupId)
  }

  return {
    governing,
    takePaper,
    keep: async (row, papers, paper) => {
      const others = keptShards.ofGroup(row.groupId).filter(({ segmentId }) => !equalBytes(segmentId, row.segmentId))
      const displaced = keptShards.find(row.segmentId)
      await takePaper(paper, row.isRepaired ? undefined : row.placedBy)
      const change = keptShards.changeFor(row, papers)
      const claim = await commitWithClaim(row.groupId, [...others, row], [change])
      keptShards.put(row, change)
      await claims.readRows(row.groupId)
      if (displaced && displaced.index !== row.index) noteGivenUp(displaced)
      if (displaced && keptShards.ofShard(displaced.shardId).length === 0) await shardDisk.remove(displaced.shardId)
      assert(claim !== undefined, 'a shard that is kept is claimed')
      onChanged(row.groupId)
      return claim
    },
    noteWish: async ({ segmentId, placedBy }) => {
      const kept = keptShards.find(segmentId)
      if (!kept || kept.isPermitted) return
      const { isRepaired, ...placed } = kept
      const wished = { ...placed, isPermitted: true, ...(isRepaired && { placedBy }) } as const
      const change = await keptShards.changeOf(wished)
      await catalog.commit([change])
      keptShards.put(wished, change)
    },
    ownClaim: async (groupId) => {
      const claim = (await claims.find(groupId, signer.peerId))?.bytes ?? (await commitWithClaim(groupId, keptShards.ofGroup(groupId), []))
      if (!claim) throw refused('UNKNOWN')
      return claim
    },
    forget,
    giveUp: (row) => forget([row], 'said'),
    isGivenUp: (segmentId, index) => {
      const at = givenUp.get(pieceName(segmentId, index))
      return at !== undefined && clock.ran() < at + tellingMs
    },
    declareLost: async (rows) => {
      if (rows.length === 0) return
      const fresh = random.bytes(16)
      await catalog.commit([{ table: 'self', key: 'store-epoch', value: fresh }])
      storeEpoch = fresh
      await forget(rows)
    },
    storeEpoch: () => storeEpoch,
  }
}

function pieceName(segmentId: SegmentId, index: number): string {
  return `${hex(segmentId)}/${index}`
}

function byGroup(rows: readonly KeptShard[]): Iterable<readonly [GroupId, readonly KeptShard[]]> {
  const rowsByGroup = new Map<string, readonly [GroupId, KeptShard[]]>()
  for (const row of rows) {
    const known = rowsByGroup.get(hex(row.groupId))
    if (known) known[1].push(row)
    else rowsByGroup.set(hex(row.groupId), [row.groupId, [row]])
  }
  return rowsByGroup.values()
}

/** Returns the row after `paper`: in the trash, out of it, or unchanged. */
function trashedBy(paper: Paper, row: KeptShard, now: number, diedAt: number | undefined): KeptShard {
  const { trashedAt, ...rest } = row
  const isEnded = paper.is === 'tombstone' || isRetiredBy(paper, row.segmentId)
  if (isEnded) return trashedAt === undefined ? { ...rest, trashedAt: now } : row
  // A charter that revives the group takes back the rows that the tombstone put into the trash, not those retired before it.
  const cameWithDeath = trashedAt !== undefined && diedAt !== undefined && trashedAt >= diedAt
  return cameWithDeath ? rest : row
}

/** Tells whether the owner has retired the segment. */
export function isRetiredBy(paper: Paper, segmentId: SegmentId): boolean {
  return paper.is === 'charter' && paper.charter.retired.some((id) => equalBytes(id, segmentId))
}

/** Tells whether the group has ended or its time is over at `now`: nothing of it is served or taken any more. */
export function isOver(paper: { readonly is: Paper['is']; readonly until: number; readonly grace: number }, now: number): boolean {
  return paper.is === 'tombstone' || paper.until + paper.grace < now
}
