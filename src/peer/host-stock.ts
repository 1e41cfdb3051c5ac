import { hex, type Bytes } from '../core/bytes.ts'
import { HoardError } from '../core/errors.ts'
import type { ShardId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { ShardEntry, ShardFacts, ShardStore } from '../ports/shard-store.ts'

/** The shards on this device's disk, counted. Keys are the hexadecimal text of shard ids. */
export interface Stock {
  find(shardId: ShardId): ShardEntry | undefined
  entries(): readonly ShardEntry[]
  /** Bytes of whole shards and of drafts so far. */
  usedBytes(): number
  /** Writes the next bytes of a draft. Throws like `ShardStore`. */
  write(facts: ShardFacts, offset: number, bytes: Uint8Array): Promise<void>
  seal(shardId: ShardId): Promise<void>
  read(shardId: ShardId, offset: number, length: number): Promise<Bytes>
  remove(shardId: ShardId): Promise<void>
  /** Begins to give disk back. */
  compact(): Promise<void>
}

/** Returns the stock of what `shards` lists. Everything written or removed from now on must go through it. */
export async function openStock(shards: ShardStore, clock: Clock): Promise<Stock> {
  const entryByShard = new Map<string, ShardEntry>()
  let usedBytes = 0

  function put(entry: ShardEntry): void {
    const name = hex(entry.shardId)
    usedBytes += entry.kept - (entryByShard.get(name)?.kept ?? 0)
    entryByShard.set(name, entry)
  }

  for (const entry of await shards.list()) put(entry)

  return {
    find: (shardId) => entryByShard.get(hex(shardId)),
    entries: () => [...entryByShard.values()],
    usedBytes: () => usedBytes,
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
      usedBytes -= entryByShard.get(hex(shardId))?.kept ?? 0
      entryByShard.delete(hex(shardId))
    },
    compact: () => shards.compact(),
  }
}
