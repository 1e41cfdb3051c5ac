import { catalogContract, type CatalogBench } from '../../ports/catalog.contract.ts'
import { filesContract } from '../../ports/files.contract.ts'
import { outboxContract, type OutboxBench } from '../../ports/outbox.contract.ts'
import { shardStoreContract, type ShardStoreBench } from '../../ports/shard-store.contract.ts'
import { createMemoryFiles, type MemoryFiles } from './memory-files.ts'
import { openMemoryStorage } from './memory-storage.ts'
import { createSeededRandom } from './seeded-random.ts'

filesContract('memory', async () => createMemoryFiles())
shardStoreContract('memory', () => open())
catalogContract('memory', () => open())
outboxContract('memory', () => open())

async function open(files: MemoryFiles = createMemoryFiles()): Promise<ShardStoreBench & CatalogBench & OutboxBench> {
  const storage = await openMemoryStorage({ files, random: createSeededRandom('device') })
  return {
    store: storage.shards,
    catalog: storage.catalog,
    outbox: storage.outbox,
    reopen: () => open(files),
    close: () => storage.close(),
  }
}
