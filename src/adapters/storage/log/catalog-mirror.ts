import type { Bytes } from '../../../core/bytes.ts'
import type { CatalogChange } from '../../../ports/catalog.ts'
import type { Frame } from './log-frames.ts'
import type { CatalogRecord } from './catalog-tables.ts'

/** Which state of which catalog a copy holds. */
export interface CatalogHead {
  /** 16 random bytes made with the catalog: a copy of another one is not ours. */
  readonly id: Bytes
  /** Number of commits since then. */
  readonly generation: number
  /** Number of records, to notice a copy that lost some. */
  readonly records: number
}

/** A copy of a catalog as a start found it. */
export interface CatalogCopy {
  /** Of the catalog it is a copy of. */
  readonly id: Bytes
  /** The newest commit that left any trace in it. */
  readonly generation: number
  /** Whether it holds the state after that commit in full, as far as a look can tell. */
  readonly isWhole: boolean
  /** Reads what it holds. Throws 'storage-damaged' when that is less than it says, and what files throw. */
  load(): Promise<CatalogContent>
}

/** What could be read of a copy. */
export interface CatalogContent {
  /** A state that it holds in full; undefined when parts of it are missing. */
  readonly base?: { readonly generation: number; readonly records: readonly CatalogRecord[] }
  /** Parts of a state that is not there in full. */
  readonly parts: readonly Frame[]
  /** The commits behind that state, by rising generation, as many as are readable. */
  readonly commits: readonly Frame[]
}

/**
 * The second copy of a catalog. Any method may throw: the first copy goes on alone and refills it. Nothing is changed in it before
 * `commit` or `replace`.
 */
export interface CatalogMirror {
  /** Returns the copy, undefined when none was ever made. Throws 'storage-damaged' when something is there that is no copy any more. */
  find(): Promise<CatalogCopy | undefined>
  /**
   * Applies `changes` on top of the state `before`, all of them or none. Throws when the copy is in any other state. `records` returns all
   * records of the state after.
   */
  commit(before: CatalogHead, after: CatalogHead, changes: readonly CatalogChange[], records: () => readonly CatalogRecord[]): Promise<void>
  /** Replaces the whole copy; when it throws, the copy that was there may be gone. */
  replace(head: CatalogHead, records: readonly CatalogRecord[]): Promise<void>
  close(): Promise<void>
}
