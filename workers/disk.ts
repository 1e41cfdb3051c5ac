import { expose } from 'comlink'
import { createBrowserRandom } from '../src/adapters/browser/browser-random.ts'
import type { DiskOpened, DiskWorker } from '../src/adapters/browser/disk-worker.ts'
import { carryHoardErrors } from '../src/adapters/browser/hoard-errors.ts'
import { freeBytes, moved } from '../src/adapters/browser/transfer-bytes.ts'
import { holdWorkerLife } from '../src/adapters/browser/worker-life.ts'
import { openStorage, type DeviceStorage } from '../src/adapters/storage/open-storage.ts'
import { HoardError } from '../src/core/errors.ts'
import { createIdbCatalogMirror } from './idb-catalog-mirror.ts'
import { createStorageDatabase, type StorageDatabase } from './idb-database.ts'
import { createOpfsFiles, type OpfsFiles } from './opfs-files.ts'
import { createTimerClock } from '../src/adapters/clock/timer-clock.ts'

interface Open {
  readonly files: OpfsFiles
  readonly database: StorageDatabase
  readonly storage: DeviceStorage
}

let nameInUse: string | undefined
let isSalvage = false
let opening: Promise<Open> | undefined

async function openAll(name: string, { salvage }: { readonly salvage: boolean }): Promise<Open> {
  const files = createOpfsFiles(name)
  const database = createStorageDatabase(name)
  try {
    const storage = await openStorage({
      files,
      subtle: crypto.subtle,
      random: createBrowserRandom(),
      clock: createTimerClock(),
      mirror: createIdbCatalogMirror(database),
      free: freeBytes,
      salvage,
    })
    return { files, database, storage }
  } catch (error) {
    await files.close()
    await database.close()
    throw error
  }
}

async function opened(): Promise<DeviceStorage> {
  if (nameInUse === undefined) throw new HoardError('storage-unavailable', { reason: 'closed' })
  const present = (opening ??= openAll(nameInUse, { salvage: isSalvage }))
  present.catch(() => {
    if (opening === present) opening = undefined
  })
  return (await present).storage
}

/** Closes everything that is open, for good. */
async function closeAll(): Promise<void> {
  const open = await opening?.catch(() => undefined)
  nameInUse = undefined
  opening = undefined
  await open?.storage.close()
  await open?.files.close()
  await open?.database.close()
}

const disk: DiskWorker = {
  async open(name, { salvage }): Promise<DiskOpened> {
    nameInUse = name
    isSalvage = salvage
    const { keys, lost } = await opened()
    return { keys, lost }
  },
  async removeAll(name) {
    await closeAll()
    await createOpfsFiles(name).removeAll()
    await createStorageDatabase(name).remove()
  },
  close: closeAll,

  async writeShard(facts, offset, bytes, at) {
    await (await opened()).shards.write(facts, offset, bytes, at)
    return moved(bytes)
  },
  sealShard: async (shardId, at) => (await opened()).shards.seal(shardId, at),
  readShard: async (shardId, offset, length) => moved(await (await opened()).shards.read(shardId, offset, length)),
  removeShard: async (shardId) => (await opened()).shards.remove(shardId),
  compactShards: async () => (await opened()).shards.compact(),
  listShards: async () => (await opened()).shards.list(),

  getRecord: async (table, key) => (await opened()).catalog.get(table, key),
  allRecords: async (table) => (await opened()).catalog.all(table),
  commitRecords: async (changes) => (await opened()).catalog.commit(changes),

  async writeSpool(name, offset, bytes) {
    await (await opened()).outbox.write(name, offset, bytes)
    return moved(bytes)
  },
  readSpool: async (name, offset, length, spare) => moved(await (await opened()).outbox.read(name, offset, length, spare)),
  removeSpool: async (name) => (await opened()).outbox.remove(name),
  listSpools: async () => (await opened()).outbox.list(),
}

carryHoardErrors()
expose(disk)
holdWorkerLife(self)
