import { hex } from '../../core/bytes.ts'
import type { GroupId } from '../../core/ids.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { ShardEntry } from '../../ports/shard-store.ts'
import type { HolderState, KeptState } from './keeping/keep-shards.ts'
import { createLedger } from './keeping/ledger.ts'
import type { KeptLogs } from './logs/kept-logs.ts'
import type { Space } from './space.ts'

/** Frees what is no longer wanted. Each call runs in turn. */
export interface Sweep {
  /**
   * Removes shards that have been in the trash long enough, stale drafts and orphans, drafts of groups that ended, tombstones that are old
   * or too many, and papers of groups that are gone.
   */
  sweep(): Promise<void>
  /** Removes half-done shards that nobody is sending, those of least progress first, until `isEnough`. */
  freeDrafts(isEnough: () => boolean): Promise<void>
  /** Removes orphans, the oldest first, until `isEnough`. */
  freeOrphans(isEnough: () => boolean): Promise<void>
}

const HOUR_MS = 3_600_000
/** Time for which a half-done shard is kept for its sender. SPEC ADM6. */
export const DRAFT_MS = 24 * HOUR_MS
/** Time for which orphans are kept for their group to revive them, from their last write or the holder's start on. SPEC KEE5. */
export const ORPHAN_MS = 14 * 24 * HOUR_MS
/** Time for which a tombstone is remembered: longer than any charter lives. SPEC KEE4. */
export const TOMBSTONE_MS = 470 * 24 * HOUR_MS
/** Bytes of tombstones remembered for one placer, and in all: some 14,000 and 55,000 of them. SPEC KEE4. */
const [TOMBSTONES_OF_ONE_BYTES, TOMBSTONES_IN_ALL_BYTES] = [4 * 1024 * 1024, 16 * 1024 * 1024]

/** Returns the sweep over what a holder keeps. `isUnderWay` tells whether a draft is being written now. */
export function createSweep(parts: {
  readonly state: HolderState
  readonly logs: Pick<KeptLogs, 'dropAllBut'>
  readonly keptState: KeptState
  readonly trashMs: number
  readonly space: () => Pick<Space, 'forgetDraft' | 'isNewcomer' | 'beganBy' | 'isRepair'>
  readonly isUnderWay: (shardName: string) => boolean
  /** Time for which others hear that nothing is kept of a group any more, milliseconds. SPEC KEE7. */
  readonly tellingMs: number
}): Sweep {
  const { state, logs, keptState, trashMs, space, isUnderWay, tellingMs } = parts
  const { catalog, clock, shardDisk, keptShards, groups, claims } = state
  const startedAt = clock.now()
  /** What is dated ahead of `now` was dated before the clock was set back: its time counts from the start. SPEC KEE3. */
  const dated = (at: number, now: number): number => (at > now ? Math.min(startedAt, now) : at)

  const orphans = (): readonly ShardEntry[] =>
    shardDisk.entries().filter(({ isWhole, shardId }) => isWhole && keptShards.ofShard(shardId).length === 0 && !isUnderWay(hex(shardId)))

  const keptNames = (): ReadonlySet<string> => new Set(Array.from(keptShards.groups(), ([name]) => name))

  async function dropGroupsThatAreGone(now: number): Promise<void> {
    const alive = new Set([
      ...keptNames(),
      ...shardDisk.entries().map(({ groupId }) => hex(groupId)),
      ...claims.groups().flatMap((groupId) => (isBeingLeft(groupId, now) ? [hex(groupId)] : [])),
    ])
    const names = new Set([...groups.names(), ...claims.groupNames()])
    const remembered = tombstonesRemembered(now)
    const gone = [...names].filter((name) => !alive.has(name) && !remembered.has(name))
    if (gone.length === 0) return
    await catalog.commit(gone.flatMap((name): CatalogChange[] => [groups.changeWithout(name), ...claims.changesWithout(name)]))
    for (const name of gone) {
      groups.drop(name)
      claims.dropGroup(name)
    }
  }

  /** Tells whether this device said lately that it keeps nothing of the group any more. */
  function isBeingLeft(groupId: GroupId, now: number): boolean {
    const own = claims.roll(groupId).find(state.signer.peerId)
    return own?.rows === 0 && dated(own.takenAt, now) + tellingMs > now
  }

  /** Returns the newest tombstones that fit the bounds of their placer and of all together. */
  function tombstonesRemembered(now: number): ReadonlySet<string> {
    const remembered = new Set<string>()
    const perPlacer = createLedger()
    const found = [...groups.names()].flatMap((name) => {
      const facts = groups.factsOf(name)
      return facts?.is === 'tombstone' && facts.since + TOMBSTONE_MS > now ? [{ name, ...facts }] : []
    })
    for (const { name, recordBytes, bookedOn = state.signer.peerId } of found.toSorted((a, b) => b.since - a.since)) {
      if (perPlacer.of(bookedOn) + recordBytes > TOMBSTONES_OF_ONE_BYTES) continue
      if (perPlacer.total() + recordBytes > TOMBSTONES_IN_ALL_BYTES) break
      perPlacer.book(bookedOn, recordBytes)
      remembered.add(name)
    }
    return remembered
  }

  /** Removes drafts, those of least progress first. Those that peers placed which keep something for this device stay. */
  async function freeDrafts(isEnough: () => boolean): Promise<void> {
    const isFree = ({ shardId }: ShardEntry): boolean => {
      const beganBy = space().beganBy(shardId)
      const isPartners = beganBy !== undefined && !space().isNewcomer(beganBy) && !space().isRepair(shardId)
      return !isUnderWay(hex(shardId)) && !isPartners
    }
    const progress = ({ kept, length }: ShardEntry): number => kept / shardDisk.sizeOnDisk(length)
    const idle = shardDisk.drafts().filter(isFree)
    for (const { shardId } of idle.toSorted((a, b) => progress(a) - progress(b))) {
      if (isEnough()) return
      await shardDisk.remove(shardId)
      space().forgetDraft(shardId)
    }
  }

  return {
    sweep: async () => {
      const now = clock.now()
      await keptState.forget(keptShards.all().filter(({ trashedAt }) => trashedAt !== undefined && dated(trashedAt, now) + trashMs <= now))
      for (const { isWhole, at, shardId, groupId } of shardDisk.entries()) {
        const isWanted = dated(at, now) + DRAFT_MS > now && groups.facts(groupId)?.is !== 'tombstone'
        if (isWhole || isWanted || isUnderWay(hex(shardId))) continue
        await shardDisk.remove(shardId)
        space().forgetDraft(shardId)
      }
      // An older catalog, put back, makes orphans of shards that were written long ago: their time counts from the start.
      for (const { at, shardId } of orphans()) if (Math.max(dated(at, now), startedAt) + ORPHAN_MS <= now) await shardDisk.remove(shardId)
      await dropGroupsThatAreGone(now)
      const named = keptNames()
      await logs.dropAllBut((name) => named.has(name) && groups.factsOf(name)?.is !== 'tombstone')
    },
    freeDrafts,
    async freeOrphans(isEnough) {
      for (const { shardId } of orphans().toSorted((a, b) => a.at - b.at)) {
        if (isEnough()) return
        await shardDisk.remove(shardId)
      }
    },
  }
}
