import { hex, type Bytes } from '../../core/bytes.ts'
import type { ShardId } from '../../core/ids.ts'
import type { ShardStore } from '../../ports/shard-store.ts'
import { createSeededRandom } from './seeded-random.ts'

/** Lies that a holder can tell about the shards it keeps. */
export const lies = ['flip', 'other', 'short', 'nothing', 'stall'] as const
/** The answer is changed by one byte, taken from another shard, too short, or empty, or it never comes. */
export type Lie = (typeof lies)[number]

/**
 * Returns `store` in the hands of a liar: it keeps and checks shards honestly, but after `honest` true answers it reads out lies about
 * whole ones. The same seed tells the same lies.
 */
export function createLyingShardStore(store: ShardStore, seed: string | number, lie: Lie, honest = 0): ShardStore {
  const random = createSeededRandom(`lies ${seed}`)
  let truths = honest
  let whole: Promise<Set<string>> | undefined

  function below(limit: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4)
    return (a * 2 ** 24 + b * 2 ** 16 + c * 256 + d) % limit
  }

  function wholeShards(): Promise<Set<string>> {
    whole ??= store.list().then((entries) => new Set(entries.filter(({ isWhole }) => isWhole).map(({ shardId }) => hex(shardId))))
    return whole
  }

  function flipped(bytes: Bytes): Bytes {
    const at = below(bytes.length)
    return bytes.map((byte, place) => (place === at ? byte ^ (1 + below(255)) : byte))
  }

  async function ofAnother(shardId: ShardId, offset: number, bytes: Bytes): Promise<Bytes> {
    const others = (await store.list()).filter((entry) => entry.isWhole && hex(entry.shardId) !== hex(shardId))
    const fitting = others.filter(({ length }) => offset + bytes.length <= length)
    const other = fitting[below(Math.max(1, fitting.length))]
    return other ? store.read(other.shardId, offset, bytes.length) : flipped(bytes)
  }

  return {
    sizeOnDisk: (length) => store.sizeOnDisk(length),
    write: (facts, offset, bytes, at) => store.write(facts, offset, bytes, at),
    seal: async (shardId, at) => {
      const known = await wholeShards()
      await store.seal(shardId, at)
      known.add(hex(shardId))
    },
    read: async (shardId, offset, length) => {
      const bytes = await store.read(shardId, offset, length)
      const isTrue = bytes.length === 0 || !(await wholeShards()).has(hex(shardId)) || truths-- > 0
      if (isTrue) return bytes
      switch (lie) {
        case 'flip':
          return flipped(bytes)
        case 'other':
          return ofAnother(shardId, offset, bytes)
        case 'short':
          return bytes.slice(0, below(bytes.length))
        case 'nothing':
          return new Uint8Array()
        case 'stall':
          return new Promise(() => undefined)
      }
    },
    remove: async (shardId) => {
      const known = await wholeShards()
      await store.remove(shardId)
      known.delete(hex(shardId))
    },
    compact: () => store.compact(),
    list: () => store.list(),
  }
}
