import type { CatalogBench } from '../../ports/catalog.contract.ts'
import type { OutboxBench } from '../../ports/outbox.contract.ts'
import type { ShardStoreBench } from '../../ports/shard-store.contract.ts'
import type { DeviceStorage } from './open-storage.ts'

/** The storage of a device, for the contracts of its three parts. */
export type StorageBench = ShardStoreBench & CatalogBench & OutboxBench

/** Returns a bench on the storage that `open` opens; it can be closed and opened again. */
export async function openStorageBench(open: () => Promise<DeviceStorage>): Promise<StorageBench> {
  const storage = await open()
  return {
    store: storage.shards,
    catalog: storage.catalog,
    outbox: storage.outbox,
    async reopen() {
      await storage.close()
      return openStorageBench(open)
    },
    close: () => storage.close(),
  }
}
