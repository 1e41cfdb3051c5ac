import { equalBytes } from '../src/core/bytes.ts'
import { HoardError } from '../src/core/errors.ts'
import type { CatalogContent, CatalogHead, CatalogMirror } from '../src/adapters/storage/log/catalog-mirror.ts'
import type { StorageDatabase } from './idb-database.ts'

/** Returns the second copy of the catalog in `database`. */
export function createIdbCatalogMirror(database: StorageDatabase): CatalogMirror {
  /** Throws 'storage-damaged' when the database lost some of the records, or another program wrote them. */
  async function load(head: CatalogHead): Promise<CatalogContent> {
    const records = await database.use(async (db) => {
      const transaction = db.transaction('records')
      const [keys, values] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()])
      return keys.flatMap(([table, key], at) => {
        const value = values[at]
        return value instanceof Uint8Array ? [{ table, key, value }] : []
      })
    })
    if (records.length !== head.records) throw new HoardError('storage-damaged', { what: 'catalog copy' })
    return { base: { generation: head.generation, records }, parts: [], commits: [] }
  }

  return {
    find: () =>
      database.use(async (db) => {
        const transaction = db.transaction(['head', 'records'])
        const [head, records] = await Promise.all([
          transaction.objectStore('head').get('catalog'),
          transaction.objectStore('records').count(),
        ])
        if (head === undefined && records === 0) return undefined
        if (!isHead(head)) throw new HoardError('storage-damaged', { what: 'catalog copy' })
        const { id, generation } = head
        return { id, generation, isWhole: head.records === records, load: () => load(head) }
      }),
    commit: (before, after, changes) =>
      database.use(async (db) => {
        const transaction = db.transaction(['head', 'records'], 'readwrite')
        const done = transaction.done.catch((error: unknown) => error)
        const present = await transaction.objectStore('head').get('catalog')
        if (!isHead(present) || !isSame(present, before)) {
          transaction.abort()
          await done
          throw new HoardError('storage-damaged', { what: 'mirror' })
        }
        const records = transaction.objectStore('records')
        await Promise.all([
          ...changes.map(({ table, key, value }) =>
            value ? records.put(new Uint8Array(value), [table, key]) : records.delete([table, key]),
          ),
          transaction.objectStore('head').put(after, 'catalog'),
        ])
        await transaction.done
      }),
    replace: (head, records) =>
      database.renew(async (db) => {
        const transaction = db.transaction(['head', 'records'], 'readwrite')
        const store = transaction.objectStore('records')
        await Promise.all([
          store.clear(),
          ...records.map(({ table, key, value }) => store.put(value, [table, key])),
          transaction.objectStore('head').put(head, 'catalog'),
          transaction.done,
        ])
      }),
    close: () => database.close(),
  }
}

/** Checks a head, since any program may have written into the database. */
function isHead(head: Partial<CatalogHead> | undefined): head is CatalogHead {
  return head?.id instanceof Uint8Array && Number.isSafeInteger(head.generation) && Number.isSafeInteger(head.records)
}

function isSame(a: CatalogHead, b: CatalogHead): boolean {
  return a.generation === b.generation && a.records === b.records && equalBytes(a.id, b.id)
}
