import { hex, type Bytes } from '../../../core/bytes.ts'
import { HoardError } from '../../../core/errors.ts'
import type { ShardId, GroupId } from '../../../core/ids.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { ShardEntry, ShardFacts, ShardStore } from '../../../ports/shard-store.ts'

/** The shards on this device's disk, counted. Keys are the hexadecimal text of shard ids. */
export interface ShardDisk {
  find(shardId: ShardId): ShardEntry | undefined
  entries(): readonly ShardEntry[]
  /** Whole and half-done shards of the group. */
  ofGroup(groupId: GroupId): readonly ShardEntry[]
  /** Half-done shards. */
  drafts(): readonly ShardEntry[]
  /** Bytes of disk that shards take; a half-done shard counts like a whole one. */
  usedBytes(): number
  /** Bytes of disk that a shard of `length` bytes takes. */
  sizeOnDisk(length: number): number
  /** Writes the next bytes of a draft. Throws like `ShardStore`. */
  write(facts: ShardFacts, offset: number, bytes: Uint8Array): Promise<void>
  seal(shardId: ShardId): Promise<void>
  read(shardId: ShardId, offset: number, length: number): Promise<Bytes>
  remove(shardId: ShardId): Promise<void>
  /** Begins to give disk back. */
  compact(): Promise<void>
}

/** Resolves with the disk of the shards that `shards` lists. Every write and removal from now on must go through it. */
export async function openShardDisk(shards: ShardStore, clock: Clock): Promise<ShardDisk> {
  const entryByShard = new Map<string, ShardEntry>()
  const entriesByGroup = new Map<string, Map<string, ShardEntry>>()
  const draftByShard = new Map<string, ShardEntry>()
  let usedBytes = 0

  function put(entry: ShardEntry): void {
    const name = hex(entry.shardId)
    drop(name)
    usedBytes += shards.sizeOnDisk(entry.length)
    entryByShard.set(name, entry)
    if (!entry.isWhole) draftByShard.set(name, entry)
    const group = hex(entry.groupId)
    entriesByGroup.set(group, (entriesByGroup.get(group) ?? new Map<string, ShardEntry>()).set(name, entry))
  }

  function drop(name: string): void {
    const entry = entryByShard.get(name)
    if (!entry) return
    usedBytes -= shards.sizeOnDisk(entry.length)
    entryByShard.delete(name)
    draftByShard.delete(name)
    const group = hex(entry.groupId)
    const ofGroup = entriesByGroup.get(group)
    ofGroup?.delete(name)
    if (ofGroup?.size === 0) entriesByGroup.delete(group)
  }

  for (const entry of await shards.list()) put(entry)

  return {
    find: (shardId) => entryByShard.get(hex(shardId)),
    entries: () => [...entryByShard.values()],
    ofGroup: (groupId) => [...(entriesByGroup.get(hex(groupId))?.values() ?? [])],
    drafts: () => [...draftByShard.values()],
    usedBytes: () => usedBytes,
    sizeOnDisk: (length) => shards.sizeOnDisk(length),
    write: async (facts, offset, bytes) => {
      const at = clock.now()
      await shards.write(facts, offset, bytes, at)
      put({ ...(entryByShard.get(hex(facts.shardId)) ?? facts), isWhole: false, kept: offset + bytes.length, at })
    },
    seal: async (shardId) => {
      const at = clock.now()
      await shards.seal(shardId, at)
      const entry = entryByShard.get(hex(shardId))
      if (!entry) throw new HoardError('storage-damaged', { shardId: hex(shardId) })
      put({ ...entry, isWhole: true, at })
    },
    read: (shardId, offset, length) => shards.read(shardId, offset, length),
    remove: async (shardId) => {
      await shards.remove(shardId)
      drop(hex(shardId))
    },
    compact: () => shards.compact(),
  }
}
