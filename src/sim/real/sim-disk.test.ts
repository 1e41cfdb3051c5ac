import { expect, test } from 'vitest'
import { catalogContract, type CatalogBench } from '../../ports/catalog.contract.ts'
import { outboxContract, type OutboxBench } from '../../ports/outbox.contract.ts'
import { factsOf, keep, pattern, shardStoreContract, type ShardStoreBench } from '../../ports/shard-store.contract.ts'
import { createSimDisk, type SimDisk } from './sim-disk.ts'

shardStoreContract('simulated', async () => open())
catalogContract('simulated', async () => open())
outboxContract('simulated', async () => open())

function open(disk: SimDisk = createSimDisk()): ShardStoreBench & CatalogBench & OutboxBench {
  const { shards, catalog, outbox } = disk.open(() => false)
  return { store: shards, catalog, outbox, reopen: async () => open(disk), close: async () => undefined }
}

test('a disk tells of whole shards, and is written by no process that is over', async () => {
  const told: string[] = []
  const disk = createSimDisk({ kept: ({ index }) => told.push(`kept ${index}`), dropped: ({ index }) => told.push(`dropped ${index}`) })
  let isOver = false
  const { shards, catalog } = disk.open(() => isOver)
  const before = disk.digest()
  await keep(shards, 1, 100)
  await shards.write(factsOf(2, 50), 0, pattern(20, 2), 1)
  await shards.remove(factsOf(2, 50).shardId)
  const after = disk.digest()
  isOver = true
  void shards.remove(factsOf(1, 100).shardId)
  void catalog.commit([{ table: 'self', key: 'a', value: pattern(1, 1) }])
  expect([told, disk.digest(), disk.shardBytes()]).toEqual([['kept 1'], after, 100])
  expect(after).not.toEqual(before)
})
