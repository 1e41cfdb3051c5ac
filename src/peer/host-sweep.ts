import { hex } from '../core/bytes.ts'
import type { CatalogChange } from '../ports/catalog.ts'
import type { ShardEntry } from '../ports/shard-store.ts'
import { type HostState, isOver, type Keeper } from './host-keep.ts'
import type { KeptShard } from './host-shelf.ts'
import type { Space } from './host-space.ts'

/** Frees what is no longer wanted. In turn. */
export interface Sweep {
  /** Removes what has been in the trash long enough, stale drafts and orphans, drafts of groups that ended, old tombstones, and papers of groups that are gone. */
  sweep(): Promise<void>
  /** Frees at least `bytes`, if it can, from orphans and from groups whose time is over, oldest first. */
  makeRoom(bytes: number): Promise<void>
}

const HOUR_MS = 3_600_000
/** How long a half-done shard may be gone on with. SPEC ADM6. */
export const DRAFT_MS = 24 * HOUR_MS
/** How long shards are kept whose papers were lost, for their group to revive them. SPEC KEE5. */
export const ORPHAN_MS = 14 * 24 * HOUR_MS
/** How long a tombstone is remembered: longer than any term. SPEC KEE4. */
export const TOMBSTONE_MS = 430 * 24 * HOUR_MS

/** Returns the sweep over what a holder keeps. `isUnderWay` tells whether a draft is being written now. */
export function createSweep(parts: {
  readonly state: HostState
  readonly keeper: Keeper
  readonly trashMs: number
  readonly space: () => Pick<Space, 'forgetDraft'>
  readonly isUnderWay: (shardName: string) => boolean
}): Sweep {
  const { state, keeper, trashMs, space, isUnderWay } = parts
  const { catalog, clock, papers, stock, shelf, groups } = state

  const orphans = (): readonly ShardEntry[] =>
    stock.entries().filter(({ isWhole, shardId }) => isWhole && shelf.ofShard(shardId).length === 0 && !isUnderWay(hex(shardId)))

  async function dropGroupsThatAreGone(now: number): Promise<void> {
    const changes: CatalogChange[] = []
    const gone: string[] = []
    const alive = new Set([...shelf.all().map(({ groupId }) => hex(groupId)), ...stock.entries().map(({ groupId }) => hex(groupId))])
    for (const name of groups.names()) {
      const facts = groups.factsOf(name)
      if (alive.has(name) || (facts?.is === 'tombstone' && facts.since + TOMBSTONE_MS > now)) continue
      gone.push(name)
      changes.push(...groups.changesWithout(name))
    }
    if (gone.length === 0) return
    await catalog.commit(changes)
    for (const name of gone) groups.drop(name)
  }

  return {
    sweep: async () => {
      const now = clock.now()
      await keeper.forget(shelf.all().filter(({ trashedAt }) => trashedAt !== undefined && trashedAt + trashMs <= now))
      for (const { isWhole, at, shardId, groupId } of stock.entries()) {
        const isWanted = at + DRAFT_MS > now && groups.facts(groupId)?.is !== 'tombstone'
        if (isWhole || isWanted || isUnderWay(hex(shardId))) continue
        await stock.remove(shardId)
        space().forgetDraft(shardId)
      }
      for (const { at, shardId } of orphans()) if (at + ORPHAN_MS <= now) await stock.remove(shardId)
      await dropGroupsThatAreGone(now)
    },
    makeRoom: async (bytes) => {
      const goal = stock.usedBytes() - bytes
      for (const { shardId } of orphans().toSorted((a, b) => a.at - b.at)) {
        if (stock.usedBytes() <= goal) return
        await stock.remove(shardId)
      }
      const endOf = ({ groupId }: KeptShard): number => {
        const facts = groups.facts(groupId)
        return facts?.is === 'charter' && isOver(facts, papers.passed()) ? facts.until + facts.grace : Infinity
      }
      const over = shelf.all().filter((row) => endOf(row) < Infinity)
      for (const row of over.toSorted((a, b) => endOf(a) - endOf(b))) {
        if (stock.usedBytes() <= goal) return
        await keeper.forget([row])
      }
    },
  }
}
