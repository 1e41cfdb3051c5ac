import type { Bytes } from '../core/bytes.ts'

/** Names of the tables; keys are short texts (hexadecimal ids mostly), values at most 512 KiB. */
export type CatalogTable =
  | 'self' /* device keys, wrapped root, offer, high-water marks */
  | 'vault' /* wire entries of the vault's log, in order */
  | 'journal' /* what the outbox knows about each file under way */
  | 'descriptors' /* of segments whose shards are kept here */
  | 'charters' /* newest charter or tombstone of each group kept here */
  | 'claims' /* newest claim of each holder of those groups */
  | 'people' /* what was seen of other peers */
  | 'conduct' /* what was found out about them as holders */
  | 'vault-log' /* entries of the vault's log that its layers do not cover */
  | 'logs' /* entries of the logs of groups kept here, and the floors met */

/** One change; without `value` the key is deleted. */
export interface CatalogChange {
  readonly table: CatalogTable
  readonly key: string
  readonly value?: Uint8Array
}

/**
 * Small records of this device, kept twice where the platform has two stores.
 * Every method throws HoardError 'storage-full' | 'storage-damaged' | 'storage-unavailable'.
 */
export interface Catalog {
  get(table: CatalogTable, key: string): Promise<Bytes | undefined>
  /** Returns all records of `table`, ordered by key. */
  all(table: CatalogTable): Promise<readonly { readonly key: string; readonly value: Bytes }[]>
  /** Makes all `changes` durable together or none of them. */
  commit(changes: readonly CatalogChange[]): Promise<void>
}
