import type { Bytes } from '../../core/bytes.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { ShardFacts, ShardStore } from '../../ports/shard-store.ts'
import type { DeviceKeys } from '../storage/device-keys.ts'

/** Findings of the disk worker when it opened the storage. */
export interface DiskOpened {
  readonly keys: DeviceKeys
  readonly lost: readonly string[]
}

/**
 * The object that `workers/disk.ts` exposes through Comlink: the methods of the three ports, flat, because Comlink types only flat objects.
 * All of them use the storage that `open` named last, and open it again after a failure.
 */
export interface DiskWorker {
  /**
   * Opens the storage called `name`: a directory of OPFS and an IndexedDB database. A second call returns the findings of the first.
   * `salvage`: see `openStorage`.
   */
  open(name: string, options: { readonly salvage: boolean }): Promise<DiskOpened>
  removeAll(name: string): Promise<void>
  close(): Promise<void>

  /** Hands the bytes back, moved. */
  writeShard(facts: ShardFacts, offset: number, bytes: Bytes, at: number): Promise<Bytes>
  readonly sealShard: ShardStore['seal']
  readonly readShard: ShardStore['read']
  readonly removeShard: ShardStore['remove']
  readonly compactShards: ShardStore['compact']
  readonly listShards: ShardStore['list']

  readonly getRecord: Catalog['get']
  readonly allRecords: Catalog['all']
  readonly commitRecords: Catalog['commit']

  /** Hands the bytes back, moved. */
  writeSpool(name: string, offset: number, bytes: Bytes): Promise<Bytes>
  readonly readSpool: Outbox['read']
  readonly removeSpool: Outbox['remove']
  readonly listSpools: Outbox['list']
}
