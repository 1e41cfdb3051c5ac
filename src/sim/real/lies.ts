import { hex, type Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { refused } from '../../protocol/refusal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ShardStore } from '../../ports/shard-store.ts'
import type { Lie } from '../population.ts'

/** Milliseconds for which a liar serves what it took: whoever gave it looks at it at once. */
const HONEST_MS = 3_600_000
/** A silent one lets go after this long; its readers have given up by then. */
const SILENT_MS = 60_000

/**
 * Returns `store` in the hands of a liar: it serves every shard for an hour, and lies about it from then on. One that claims what it never
 * had says that it does not know the shard, and goes on claiming it.
 */
export function lyingStore(store: ShardStore, lie: Lie, clock: Pick<Clock, 'now' | 'wait'>): ShardStore {
  if (lie === 'idle-guardian') return store
  const sealedAt = new Map<string, number>()
  /** Shards of earlier processes: they are older than this one. */
  const isHonest = (shardId: Uint8Array): boolean => clock.now() - (sealedAt.get(hex(shardId)) ?? -Infinity) < HONEST_MS
  return {
    ...store,
    async seal(shardId, at) {
      sealedAt.set(hex(shardId), clock.now())
      await store.seal(shardId, at)
    },
    async write(facts, ...rest) {
      sealedAt.set(hex(facts.shardId), clock.now())
      await store.write(facts, ...rest)
    },
    async read(shardId, offset, length) {
      const bytes = await store.read(shardId, offset, length)
      if (isHonest(shardId)) return bytes
      return told[lie](bytes, clock)
    },
  }
}

const told: Readonly<Record<Exclude<Lie, 'idle-guardian'>, (bytes: Bytes, clock: Pick<Clock, 'wait'>) => Promise<Bytes>>> = {
  'wrong-bytes': async (bytes) => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)),
  silent: async (_bytes, clock) => {
    await clock.wait(SILENT_MS)
    throw new HoardError('stream-closed', { reason: 'silent' })
  },
  empty: async () => {
    throw refused('UNKNOWN')
  },
}
