import { freeBytes } from '../../src/adapters/browser/transfer-bytes.ts'
import { blockSum, BLOCK_BYTES } from '../../src/adapters/storage/slabs/block-sums.ts'
import { createShardCipher } from '../../src/adapters/storage/slabs/shard-cipher.ts'
import type { SlabSample } from './slab-sample.ts'
import { factsOf, openStore } from './trial-store.ts'

const SHARD_BYTES = 256 * 1024
const GROUP_SHARDS = 32

/** Writes `perRound` shards of 256 KiB in each way in turn, `rounds` times, so that other load on the machine affects all of them. */
export async function measureSlab(rounds: number, perRound: number): Promise<readonly SlabSample[]> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('bare', { create: true })
  const append = await (await root.getFileHandle('append', { create: true })).createSyncAccessHandle()
  const store = await openStore('rates')
  const cipher = await createShardCipher(crypto.subtle, new Uint8Array(32).fill(1))
  const bytes = crypto.getRandomValues(new Uint8Array(64 * 1024))
  // Each shard has memory of its own, as those from other peers do.
  const shards = Array.from({ length: GROUP_SHARDS }, () => {
    const shard = new Uint8Array(SHARD_BYTES)
    for (let at = 0; at < SHARD_BYTES; at += bytes.length) shard.set(bytes, at)
    return shard
  })
  const shardOf = (number: number) => shards[number % GROUP_SHARDS] ?? new Uint8Array(SHARD_BYTES)
  let made = 0
  let end = 0

  const ways: Record<keyof SlabSample, () => Promise<void>> = {
    slab: async () => {
      const first = made
      made += perRound
      for (let at = first; at < made; at += GROUP_SHARDS) {
        await Promise.all(
          Array.from({ length: Math.min(GROUP_SHARDS, made - at) }, async (_, more) => {
            const facts = factsOf(at + more, SHARD_BYTES)
            await store.write(facts, 0, shardOf(at + more), 1)
            await store.seal(facts.shardId, 2)
          }),
        )
      }
    },
    filePerShard: async () => {
      for (let each = 0; each < perRound; each++) {
        const handle = await (await root.getFileHandle(`shard-${end++}`, { create: true })).createSyncAccessHandle()
        handle.write(shardOf(each), { at: 0 })
        handle.flush()
        handle.close()
      }
    },
    append: async () => {
      for (let each = 1; each <= perRound; each++) {
        append.write(shardOf(each), { at: append.getSize() })
        if (each % GROUP_SHARDS === 0 || each === perRound) append.flush()
      }
    },
    wrappedAppend: async () => {
      for (let each = 1; each <= perRound; each++) {
        const wrapped = await cipher.wrap(new Uint8Array(16), 0, shardOf(each))
        append.write(wrapped, { at: append.getSize() })
        freeBytes(wrapped)
        if (each % GROUP_SHARDS === 0 || each === perRound) append.flush()
      }
    },
    wrap: async () => {
      for (let each = 0; each < perRound; each++) freeBytes(await cipher.wrap(new Uint8Array(16), 0, shardOf(each)))
    },
    sums: async () => {
      for (let each = 0; each < perRound; each++) {
        for (let at = 0; at < SHARD_BYTES; at += BLOCK_BYTES) blockSum(shardOf(each).subarray(at, at + BLOCK_BYTES))
      }
    },
  }

  const samples: SlabSample[] = []
  for (let round = -1; round < rounds; round++) {
    const sample = { slab: 0, filePerShard: 0, append: 0, wrappedAppend: 0, wrap: 0, sums: 0 }
    for (const name of ['slab', 'append', 'wrappedAppend', 'filePerShard', 'wrap', 'sums'] as const) {
      const began = performance.now()
      await ways[name]()
      sample[name] = performance.now() - began
    }
    // The first round warms up.
    if (round >= 0) samples.push(sample)
  }
  append.close()
  await store.close()
  return samples
}
