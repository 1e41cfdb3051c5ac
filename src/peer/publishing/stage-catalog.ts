import type { Catalog, CatalogChange } from '../../ports/catalog.ts'

/** Changes to a catalog that are made durable together. */
export interface CatalogStage {
  /** Reads as the catalog does, with what was committed here; nothing of that is durable yet. */
  readonly catalog: Catalog
  /** Makes all that was committed durable, or nothing of it. Throws what the catalog throws. */
  write(): Promise<void>
}

/** Returns a stage over `catalog`, which nobody else may change until it is written. */
export function stageCatalog(catalog: Catalog): CatalogStage {
  const staged = new Map<string, CatalogChange>()
  const nameOf = ({ table, key }: Pick<CatalogChange, 'table' | 'key'>): string => `${table}/${key}`
  return {
    catalog: {
      async get(table, key) {
        const change = staged.get(nameOf({ table, key }))
        return change === undefined ? catalog.get(table, key) : change.value?.slice()
      },
      async all(table) {
        const changes = [...staged.values()].filter((change) => change.table === table)
        const rows = new Map((await catalog.all(table)).map((row) => [row.key, row]))
        for (const { key, value } of changes) {
          if (value === undefined) rows.delete(key)
          else rows.set(key, { key, value: value.slice() })
        }
        return [...rows.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
      },
      async commit(changes) {
        for (const change of changes) staged.set(nameOf(change), change)
      },
    },
    write: () => catalog.commit([...staged.values()]),
  }
}
