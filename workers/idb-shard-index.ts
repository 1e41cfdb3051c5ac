import type { ShardIndex } from '../src/adapters/storage/shard-index.ts'
import type { StorageDatabase } from './idb-database.ts'

/** Returns the cache of shard footers in `database`. */
export function createIdbShardIndex(database: StorageDatabase): ShardIndex {
  return {
    load: () =>
      database.use(async (db) => {
        const transaction = db.transaction('footers')
        const [names, footers] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()])
        return new Map(
          names.flatMap((name, at) => {
            const footer = footers[at]
            return footer instanceof Uint8Array ? [[name, footer] as const] : []
          }),
        )
      }),
    put: (footers) =>
      database.use(async (db) => {
        const transaction = db.transaction('footers', 'readwrite')
        await Promise.all([...[...footers].map(([name, footer]) => transaction.store.put(footer, name)), transaction.done])
      }),
    remove: (names) =>
      database.use(async (db) => {
        const transaction = db.transaction('footers', 'readwrite')
        await Promise.all([...names.map((name) => transaction.store.delete(name)), transaction.done])
      }),
    clear: () => database.use((db) => db.clear('footers')),
  }
}
