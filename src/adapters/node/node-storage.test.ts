import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { catalogContract } from '../../ports/catalog.contract.ts'
import { coderContract } from '../../ports/coder.contract.ts'
import { filesContract } from '../../ports/files.contract.ts'
import { outboxContract } from '../../ports/outbox.contract.ts'
import { shardStoreContract } from '../../ports/shard-store.contract.ts'
import { openStorageBench, type StorageBench } from '../storage/storage-bench.rig.ts'
import { createNodeCoder } from './node-coder.ts'
import { createNodeFiles } from './node-files.ts'
import { openNodeStorage } from './node-storage.ts'

const made: string[] = []
afterAll(() => Promise.all(made.map((directory) => rm(directory, { recursive: true, force: true }))))

const anything = { files: /./, folders: [[/./, { files: /./ }] as const] }
filesContract('node', async () => createNodeFiles(await directory(), anything))
shardStoreContract('node', async () => open(await directory()))
catalogContract('node', async () => open(await directory()))
outboxContract('node', async () => open(await directory()))
coderContract('node', async () => ({ coder: createNodeCoder(), close: async () => {} }))

function open(root: string): Promise<StorageBench> {
  return openStorageBench(() => openNodeStorage(root))
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'scatterhoard-'))
  made.push(path)
  return path
}
