import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Bytes } from '../src/core/bytes.ts'
import { HoardError } from '../src/core/errors.ts'
import type { CatalogTable } from '../src/ports/catalog.ts'
import type { CatalogHead } from '../src/adapters/storage/log/catalog-mirror.ts'

/** The content of the database: the second copy of the catalog, which can be made again from OPFS. */
export interface StorageSchema extends DBSchema {
  head: { key: 'catalog'; value: CatalogHead }
  records: { key: [CatalogTable, string]; value: Bytes }
}

/** The database, opened when first used and again after the browser closed or cleared it. */
export interface StorageDatabase {
  /**
   * Returns what `work` makes of the database; it tries once more on a fresh connection when the present one is gone. A database that
   * cannot be opened, or is not ours, stays as it is. Throws 'storage-damaged' when the database lacks our tables, and what the browser
   * throws.
   */
  use<T>(work: (database: IDBPDatabase<StorageSchema>) => Promise<T>): Promise<T>
  /** Like `use`, for work that writes everything anew: a database that cannot be opened, or is not ours, is deleted and made again. */
  renew<T>(work: (database: IDBPDatabase<StorageSchema>) => Promise<T>): Promise<T>
  close(): Promise<void>
  /** Deletes the database. */
  remove(): Promise<void>
}

const VERSION = 2

/** Returns the database called `name`, made when it is first used. */
export function createStorageDatabase(name: string): StorageDatabase {
  let connection: Promise<IDBPDatabase<StorageSchema>> | undefined

  function open(): Promise<IDBPDatabase<StorageSchema>> {
    return openDB<StorageSchema>(name, VERSION, {
      upgrade(database, oldVersion, _newVersion, transaction) {
        // The database belongs to another program, or has a version that no longer exists: only `renew` may change it.
        if (oldVersion > 0) return transaction.abort()
        database.createObjectStore('head')
        database.createObjectStore('records')
      },
      // Somebody deletes the database: give way, and the next use makes it again.
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
    const opened = open()
    connection = opened
    opened.catch(() => {
      if (connection === opened) connection = undefined
    })
    return opened
  }

  async function use<T>(work: (database: IDBPDatabase<StorageSchema>) => Promise<T>): Promise<T> {
    const present = connect()
    try {
      return await work(await present)
    } catch (error) {
      const { name: kind } = error instanceof DOMException ? error : { name: '' }
      // A database without our tables is not ours, whatever its name.
      if (kind === 'NotFoundError') throw new HoardError('storage-damaged', { what: 'catalog copy' }, error)
      if (kind !== 'InvalidStateError' && kind !== 'AbortError') throw error
      if (connection === present) forget()
      return work(await connect())
    }
  }

  return {
    use,
    async renew(work) {
      try {
        return await use(work)
      } catch (error) {
        // A full disk is no reason to delete the database.
        if (error instanceof DOMException && error.name === 'QuotaExceededError') throw error
        forget()
        await deleteDB(name)
        return use(work)
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
