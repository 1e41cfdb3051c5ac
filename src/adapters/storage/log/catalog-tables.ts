import type { Bytes } from '../../../core/bytes.ts'
import type { CatalogChange, CatalogTable } from '../../../ports/catalog.ts'
import { createPackedRecords, type TableRecords } from './packed-records.ts'

/** Tables by their number on disk, the place in this list. New ones are only added at its end. */
export const TABLES = [
  'self',
  'vault',
  'journal',
  'descriptors',
  'charters',
  'claims',
  'people',
  'conduct',
  'vault-log',
  'logs',
] as const satisfies readonly CatalogTable[]

/** A record, its table and its key. */
export interface CatalogRecord {
  readonly table: CatalogTable
  readonly key: string
  readonly value: Bytes
}

/** All records of a catalog, in memory. */
export interface CatalogTables {
  get(table: CatalogTable, key: string): Bytes | undefined
  /** Records of `table`, ordered by key. */
  all(table: CatalogTable): readonly { readonly key: string; readonly value: Bytes }[]
  apply(changes: readonly CatalogChange[]): void
  records(): readonly CatalogRecord[]
  /** Number of records. */
  count(): number
  /** Bytes of keys and values: the content of a compacted log. */
  liveBytes(): number
}

/** Returns empty tables. Values are kept as they are handed over: nobody may change them afterwards. */
export function createCatalogTables(): CatalogTables {
  // There are as many claims as pieces and holders of each: hundreds of thousands.
  const emptyOf = (table: CatalogTable): TableRecords => (table === 'claims' ? createPackedRecords() : new Map<string, Bytes>())
  const tables = new Map<CatalogTable, TableRecords>(TABLES.map((table) => [table, emptyOf(table)]))
  let liveBytes = 0
  let count = 0

  function recordsOf(table: CatalogTable): TableRecords {
    return tables.get(table) ?? emptyOf(table)
  }

  function forget(records: TableRecords, key: string): void {
    const value = records.get(key)
    if (!value) return
    records.delete(key)
    liveBytes -= key.length + value.length
    count--
  }

  return {
    get: (table, key) => recordsOf(table).get(key),
    all: (table) => [...recordsOf(table)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value })),
    apply(changes) {
      for (const { table, key, value } of changes) {
        const records = recordsOf(table)
        forget(records, key)
        if (!value) continue
        records.set(key, new Uint8Array(value))
        liveBytes += key.length + value.length
        count++
      }
    },
    records: () => TABLES.flatMap((table) => [...recordsOf(table)].map(([key, value]) => ({ table, key, value }))),
    count: () => count,
    liveBytes: () => liveBytes,
  }
}
