import { deleteDB, openDB } from 'idb'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { cdp } from 'vitest/browser'
import { hex, utf8 } from '../../core/bytes.ts'
import { catalogContract } from '../../ports/catalog.contract.ts'
import { outboxContract } from '../../ports/outbox.contract.ts'
import { factsOf, keep, pattern, shardStoreContract } from '../../ports/shard-store.contract.ts'
import type { DeviceStorage } from '../storage/open-storage.ts'
import { openStorageBench, type StorageBench } from '../storage/storage-bench.rig.ts'
import { openBrowserStorage } from './disk-storage.ts'
import { codeOf } from '../../core/errors.ts'

const names: string[] = []
afterAll(() => Promise.all(names.map(forget)))

shardStoreContract('browser', () => openBench(freshName()))
catalogContract('browser', () => openBench(freshName()))
outboxContract('browser', () => openBench(freshName()))

describe('the storage of a browser profile', () => {
  let storage: DeviceStorage | undefined
  afterEach(() => storage?.close())

  it('is the same device with the same shards after the page went away', async () => {
    const name = freshName()
    storage = await openBrowserStorage({ name })
    const { keys } = storage
    const facts = await keep(storage.shards, 1, 5000)
    await storage.close()
    storage = await openBrowserStorage({ name })
    expect(storage.keys).toEqual(keys)
    expect(hex(await storage.shards.read(facts.shardId, 0, 5000))).toBe(hex(pattern(5000, 1)))
    expect(storage.lost).toEqual([])
  })

  it('goes on when IndexedDB is cleared under it, and fills it again', async () => {
    const name = freshName()
    storage = await openBrowserStorage({ name })
    await storage.catalog.commit([{ table: 'vault', key: 'a', value: utf8('before') }])
    await deleteDB(name)
    await storage.catalog.commit([{ table: 'vault', key: 'b', value: utf8('after') }])
    const facts = await keep(storage.shards, 1, 100)
    await storage.close()
    await removeDirectory(name, 'catalog')
    storage = await openBrowserStorage({ name })
    expect((await storage.catalog.all('vault')).map(({ key }) => key)).toEqual(['a', 'b'])
    expect((await storage.shards.list()).map(({ shardId }) => hex(shardId))).toEqual([hex(facts.shardId)])
  })

  it('goes on when the browser itself clears IndexedDB under it', async () => {
    const name = freshName()
    storage = await openBrowserStorage({ name })
    await storage.catalog.commit([{ table: 'vault', key: 'a', value: utf8('before') }])
    await cdp().send('Storage.clearDataForOrigin', { origin: location.origin, storageTypes: 'indexeddb' })
    await storage.catalog.commit([{ table: 'vault', key: 'b', value: utf8('after') }])
    await storage.catalog.commit([{ table: 'vault', key: 'c', value: utf8('later') }])
    await storage.close()
    await removeDirectory(name, 'catalog')
    storage = await openBrowserStorage({ name })
    expect((await storage.catalog.all('vault')).map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  })

  it('restores IndexedDB from OPFS when it was cleared while the app was stopped', async () => {
    const name = freshName()
    storage = await openBrowserStorage({ name })
    const { keys } = storage
    const facts = await keep(storage.shards, 1, 100)
    await storage.close()
    await deleteDB(name)
    storage = await openBrowserStorage({ name })
    expect(storage.keys).toEqual(keys)
    expect(await storage.shards.list()).toEqual([{ ...facts, isWhole: true, kept: 100, at: 12 }])
    await storage.close()
    await removeDirectory(name, 'catalog')
    storage = await openBrowserStorage({ name })
    expect(storage.keys).toEqual(keys)
  })

  it('restores the log from IndexedDB when it was lost or damaged', async () => {
    const name = freshName()
    for (const damage of [() => removeDirectory(name, 'catalog'), () => damageLogs(name)]) {
      storage = await openBrowserStorage({ name })
      const { keys } = storage
      await storage.catalog.commit([{ table: 'people', key: 'a', value: utf8('seen') }])
      await storage.close()
      await damage()
      storage = await openBrowserStorage({ name })
      expect(storage.keys).toEqual(keys)
      expect(await storage.catalog.get('people', 'a')).toEqual(utf8('seen'))
      await storage.close()
      await deleteDB(name)
      storage = await openBrowserStorage({ name })
      expect(storage.keys).toEqual(keys)
      await storage.close()
    }
  })

  it('does not take a database that lost records for a good one', async () => {
    const name = freshName()
    storage = await openBrowserStorage({ name })
    await storage.catalog.commit([{ table: 'vault', key: 'a', value: utf8('kept') }])
    await storage.close()
    const database = await openDB(name)
    await database.clear('records')
    database.close()
    storage = await openBrowserStorage({ name })
    expect(await storage.catalog.get('vault', 'a')).toEqual(utf8('kept'))
    await storage.close()
    await removeDirectory(name, 'catalog')
    storage = await openBrowserStorage({ name })
    expect(await storage.catalog.get('vault', 'a')).toEqual(utf8('kept'))
  })

  it('reports shards that a slab was cut before as lost, and those of a slab that is gone are not there', async () => {
    const name = freshName()
    storage = await openBrowserStorage({ name })
    const good = await keep(storage.shards, 1, 4000)
    await keep(storage.shards, 2, 4000)
    await keep(storage.shards, 3, 5000)
    await storage.close()
    const directory = await directoryOf(name, 'slabs')
    await directory.removeEntry('5120-0')
    const handle = await directory.getFileHandle('4096-0')
    const file = await handle.createWritable({ keepExistingData: true })
    await file.truncate((await handle.getFile()).size - 1000)
    await file.close()
    storage = await openBrowserStorage({ name })
    expect(storage.lost).toEqual(['slabs/4096-0/1'])
    expect((await storage.shards.list()).map(({ index }) => index)).toEqual([good.index])
  })

  it('says storage-full when the quota is exceeded, counts nothing half-written, and goes on when there is room', async () => {
    const name = freshName()
    storage = await openBrowserStorage({ name })
    const small = await keep(storage.shards, 1, 1000)
    const { usage = 0 } = await navigator.storage.estimate()
    await cdp().send('Storage.overrideQuotaForOrigin', { origin: location.origin, quotaSize: usage + (2 << 20) })
    try {
      const facts = factsOf(2, 16 << 20)
      expect(codeOf(await storage.shards.write(facts, 0, new Uint8Array(1000), 1).catch((error: unknown) => error))).toBe('storage-full')
      expect((await storage.shards.list()).length).toBe(1)
      await storage.outbox.write('spool', 0, new Uint8Array(1000))
      expect(codeOf(await storage.outbox.write('spool', 1000, new Uint8Array(8 << 20)).catch((error: unknown) => error))).toBe(
        'storage-full',
      )
      expect(await storage.outbox.list()).toEqual([{ name: 'spool', length: 1000 }])
      const record = { table: 'people' as const, value: new Uint8Array(512 * 1024) }
      const commits = Array.from({ length: 12 }, (_, number) => ({ ...record, key: `${number}` }))
      expect(codeOf(await storage.catalog.commit(commits).catch((error: unknown) => error))).toBe('storage-full')
      expect(await storage.catalog.all('people')).toEqual([])
    } finally {
      await cdp().send('Storage.overrideQuotaForOrigin', { origin: location.origin })
    }
    await storage.catalog.commit([{ table: 'people', key: 'a', value: utf8('room again') }])
    await keep(storage.shards, 2, 1 << 20)
    await storage.close()
    storage = await openBrowserStorage({ name })
    expect(await storage.catalog.get('people', 'a')).toEqual(utf8('room again'))
    expect(hex(await storage.shards.read(small.shardId, 0, 1000))).toBe(hex(pattern(1000, 1)))
    expect((await storage.shards.list()).length).toBe(2)
  })

  it('waits for a worker that is just ending', async () => {
    const name = freshName()
    const first = await openBrowserStorage({ name })
    await first.catalog.commit([{ table: 'vault', key: 'a', value: utf8('1') }])
    const second = openBrowserStorage({ name })
    await first.close()
    storage = await second
    expect(await storage.catalog.get('vault', 'a')).toEqual(utf8('1'))
  })

  it('forgets everything, keys included, and is closed afterwards', async () => {
    const name = freshName()
    const before = await openBrowserStorage({ name })
    await keep(before.shards, 1, 100)
    await before.outbox.write('spool', 0, utf8('x'))
    await before.removeAll()
    expect(codeOf(await before.catalog.get('vault', 'a').catch((error: unknown) => error))).toBe('storage-unavailable')
    expect(await namesIn(await navigator.storage.getDirectory())).not.toContain(name)
    expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(name)
    storage = await openBrowserStorage({ name })
    expect(storage.keys).not.toEqual(before.keys)
    expect(await storage.shards.list()).toEqual([])
    expect(await storage.outbox.list()).toEqual([])
  })
})

function openBench(name: string): Promise<StorageBench> {
  return openStorageBench(() => openBrowserStorage({ name }))
}

function freshName(): string {
  const name = `test-${crypto.randomUUID()}`
  names.push(name)
  return name
}

async function forget(name: string): Promise<void> {
  await (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true }).catch(() => undefined)
  await deleteDB(name)
}

async function directoryOf(name: string, directory: string): Promise<FileSystemDirectoryHandle> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(name)
  return root.getDirectoryHandle(directory)
}

async function removeDirectory(name: string, directory: string): Promise<void> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(name)
  await root.removeEntry(directory, { recursive: true })
}

async function namesIn(directory: FileSystemDirectoryHandle): Promise<readonly string[]> {
  const found: string[] = []
  for await (const name of directory.keys()) found.push(name)
  return found
}

/** Overwrites the start of every log file. */
async function damageLogs(name: string): Promise<void> {
  const directory = await directoryOf(name, 'catalog')
  for (const file of await namesIn(directory)) {
    const stream = await (await directory.getFileHandle(file)).createWritable({ keepExistingData: true })
    await stream.write({ type: 'write', position: 0, data: new Uint8Array(40).fill(7) })
    await stream.close()
  }
}
