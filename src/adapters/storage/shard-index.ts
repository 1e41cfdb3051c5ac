import type { Bytes } from '../../core/bytes.ts'

/**
 * Cache of the footers of whole shards, for platforms where opening a file is dear. It may forget anything at any time, and fail: what it
 * does not know is read from the disk.
 */
export interface ShardIndex {
  /** Returns all footers by the name of their file; empty when the cache is lost. */
  load(): Promise<ReadonlyMap<string, Bytes>>
  put(footers: ReadonlyMap<string, Bytes>): Promise<void>
  remove(names: readonly string[]): Promise<void>
  /** Forgets everything. */
  clear(): Promise<void>
}
