import { freeBytes } from '../../src/adapters/browser/transfer-bytes.ts'
import { openSlabShardStore, type SlabShardStore } from '../../src/adapters/storage/slabs/slab-shard-store.ts'
import { brandBytes, type SegmentId, type ShardId, type GroupId } from '../../src/core/ids.ts'
import type { ShardFacts } from '../../src/ports/shard-store.ts'
import { createOpfsFiles } from '../opfs-files.ts'
import { createTimerClock } from '../../src/adapters/clock/timer-clock.ts'

/** Opens the product's store over the real OPFS; closing it closes the files too. */
export async function openStore(name: string): Promise<SlabShardStore> {
  const files = createOpfsFiles(name)
  const store = await openSlabShardStore({
    files,
    subtle: crypto.subtle,
    random: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    clock: createTimerClock(),
    storageKey: new Uint8Array(32).fill(1),
    free: freeBytes,
  })
  return {
    ...store,
    async close() {
      await store.close()
      await files.close()
    },
  }
}

/** Returns facts of shard `number`. */
export function factsOf(number: number, length: number): ShardFacts {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, number)
  return {
    shardId: brandBytes<ShardId>(bytes),
    groupId: brandBytes<GroupId>(bytes),
    segmentId: brandBytes<SegmentId>(bytes),
    index: number % 255,
    length,
  }
}
