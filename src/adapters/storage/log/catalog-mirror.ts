import type { Bytes } from '../../../core/bytes.ts'
import type { CatalogChange } from '../../../ports/catalog.ts'
import type { Frame } from './log-frames.ts'
import type { CatalogRecord } from './catalog-tables.ts'

/** The state of a catalog that a copy holds. */
export interface CatalogHead {
  /** 16 random bytes made with the catalog: a copy with another id is not ours. */
  readonly id: Bytes
  /** Number of commits since then. */
  readonly generation: number
  /** Number of records, which shows that a copy lost some. */
  readonly records: number
}

/** A copy of a catalog, as a start finds it. */
export interface CatalogCopy {
  /** The id of its catalog. */
  readonly id: Bytes
  /** The newest commit that left any trace in the copy. */
  readonly generation: number
  /** The copy holds the state after that commit in full, as far as a first look can tell. */
  readonly isWhole: boolean
  /** Reads the copy's content. Throws 'storage-damaged' when that is less than the copy claims, and what files throw. */
  load(): Promise<CatalogContent>
}

/** The readable content of a copy. */
export interface CatalogContent {
  /** A state that the copy holds in full; undefined when parts of it are missing. */
  readonly base?: { readonly generation: number; readonly records: readonly CatalogRecord[] }
  /** Parts of a state that is incomplete. */
  readonly parts: readonly Frame[]
  /** The commits after that state, by rising generation, as many as are readable. */
  readonly commits: readonly Frame[]
}

/**
 * The second copy of a catalog. Any method may throw: the first copy goes on alone and refills it. Only `commit` and `replace` change it.
 */
export interface CatalogMirror {
  /** Returns the copy, undefined when none was ever made. Throws 'storage-damaged' when there is something that is no longer a copy. */
  find(): Promise<CatalogCopy | undefined>
  /**
   * Applies `changes` on top of the state `before`, all of them or none. Throws when the copy is in any other state. `records` returns all
   * records of the state after.
   */
  commit(before: CatalogHead, after: CatalogHead, changes: readonly CatalogChange[], records: () => readonly CatalogRecord[]): Promise<void>
  /** Replaces the whole copy; after an error the old copy may be gone. */
  replace(head: CatalogHead, records: readonly CatalogRecord[]): Promise<void>
  close(): Promise<void>
}
