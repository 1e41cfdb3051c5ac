import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Bytes } from '../src/core/bytes.ts'
import type { CatalogTable } from '../src/ports/catalog.ts'
import type { CatalogHead } from '../src/adapters/storage/catalog-mirror.ts'

/** What the database holds: the second copy of the catalog, which can be made again from OPFS. */
export interface StorageSchema extends DBSchema {
  head: { key: 'catalog'; value: CatalogHead }
  records: { key: [CatalogTable, string]; value: Bytes }
}

/** The database, opened when first used and again after the browser closed or cleared it. */
export interface StorageDatabase {
  /** Returns what `work` makes of the database; tried once more on a fresh connection when the present one turns out to be gone. */
  use<T>(work: (database: IDBPDatabase<StorageSchema>) => Promise<T>): Promise<T>
  close(): Promise<void>
  /** Deletes the database. */
  remove(): Promise<void>
}

const VERSION = 2

/** Returns the database called `name`. One that cannot be opened is deleted and made anew: nothing is kept in it alone. */
export function createStorageDatabase(name: string): StorageDatabase {
  let connection: Promise<IDBPDatabase<StorageSchema>> | undefined

  function open(): Promise<IDBPDatabase<StorageSchema>> {
    return openDB<StorageSchema>(name, VERSION, {
      upgrade(database) {
        for (const name of [...database.objectStoreNames]) database.deleteObjectStore(name)
        database.createObjectStore('head')
        database.createObjectStore('records')
      },
      // Someone deletes the database: let them, the next use makes it again.
      blocking: forget,
      terminated: () => (connection = undefined),
    })
  }

  function forget(): void {
    const present = connection
    connection = undefined
    void present?.then(
      (database) => database.close(),
      () => undefined,
    )
  }

  function connect(): Promise<IDBPDatabase<StorageSchema>> {
    if (connection) return connection
    const opened = open().catch(async () => {
      await deleteDB(name)
      return open()
    })
    connection = opened
    opened.catch(() => {
      if (connection === opened) connection = undefined
    })
    return opened
  }

  return {
    async use(work) {
      const present = connect()
      try {
        return await work(await present)
      } catch (error) {
        if (!(error instanceof DOMException) || !['InvalidStateError', 'AbortError', 'NotFoundError'].includes(error.name)) throw error
        if (connection === present) forget()
        // A database without our tables is not ours, whatever it is called.
        if (error.name === 'NotFoundError') await deleteDB(name)
        return work(await connect())
      }
    },
    async close() {
      forget()
    },
    async remove() {
      forget()
      await deleteDB(name)
    },
  }
}
