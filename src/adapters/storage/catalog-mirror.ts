import type { Bytes } from '../../core/bytes.ts'
import type { CatalogChange, CatalogTable } from '../../ports/catalog.ts'

/** A record with its place. */
export interface CatalogRecord {
  readonly table: CatalogTable
  readonly key: string
  readonly value: Bytes
}

/** Which state of which catalog a copy holds. */
export interface CatalogHead {
  /** 16 random bytes made with the catalog: a copy of another one is not ours. */
  readonly id: Bytes
  /** Number of commits since then. */
  readonly generation: number
  /** Number of records, to notice a copy that lost some. */
  readonly records: number
}

/** The second copy of a catalog, where the platform has a second store. Any method may throw: the first copy goes on alone and refills it. */
export interface CatalogMirror {
  /** Returns what the copy says of itself, undefined when it is empty or has not as many records as it says. */
  head(): Promise<CatalogHead | undefined>
  load(): Promise<readonly CatalogRecord[]>
  /** Applies `changes` on top of the state `before`, in one transaction. Throws when the copy is in any other state. */
  commit(before: CatalogHead, after: CatalogHead, changes: readonly CatalogChange[]): Promise<void>
  /** Replaces the whole copy in one transaction. */
  replace(head: CatalogHead, records: readonly CatalogRecord[]): Promise<void>
}
