import type { Remote } from 'comlink'
import { codeOf, HoardError } from '../../core/errors.ts'
import diskUrl from '../../../workers/disk.ts?worker&url'
import type { DeviceStorage } from '../storage/open-storage.ts'
import type { DiskWorker } from './disk-worker.ts'
import { copied } from './transfer-bytes.ts'
import { createWorkerLink } from './worker-link.ts'

/**
 * Opens what this browser profile keeps for this origin: the disk worker over OPFS and IndexedDB. Only one page of a profile may do so at
 * a time; it waits up to two seconds for a worker that is just ending. A worker that dies is replaced, and opens what is on disk again.
 * @throws HoardError 'storage-unavailable' | 'storage-full' | 'storage-damaged' | 'format-unknown'
 */
export async function openBrowserStorage({ name = 'scatterhoard' }: { readonly name?: string } = {}): Promise<DeviceStorage> {
  const link = createWorkerLink<DiskWorker>(diskUrl, { onStart: (disk) => void disk.open(name).catch(() => undefined) })

  async function ask<T>(call: (disk: Remote<DiskWorker>) => Promise<T>): Promise<T> {
    try {
      return await link.run(call)
    } catch (error) {
      if (codeOf(error) === 'worker-died') throw new HoardError('storage-unavailable', { reason: 'worker-died' }, error)
      throw error
    }
  }

  const { keys, lost } = await ask((disk) => disk.open(name)).catch((error: unknown) => {
    link.close()
    throw error
  })
  let isClosed = false
  return {
    keys,
    lost,
    shards: {
      write: (facts, offset, bytes, at) => ask((disk) => disk.writeShard(facts, offset, copied(bytes), at)),
      seal: (shardId, at) => ask((disk) => disk.sealShard(shardId, at)),
      read: (shardId, offset, length) => ask((disk) => disk.readShard(shardId, offset, length)),
      remove: (shardId) => ask((disk) => disk.removeShard(shardId)),
      list: () => ask((disk) => disk.listShards()),
    },
    catalog: {
      get: (table, key) => ask((disk) => disk.getRecord(table, key)),
      all: (table) => ask((disk) => disk.allRecords(table)),
      commit: (changes) => ask((disk) => disk.commitRecords(changes)),
    },
    outbox: {
      write: (spool, offset, bytes) => ask((disk) => disk.writeSpool(spool, offset, copied(bytes))),
      read: (spool, offset, length) => ask((disk) => disk.readSpool(spool, offset, length)),
      remove: (spool) => ask((disk) => disk.removeSpool(spool)),
      list: () => ask((disk) => disk.listSpools()),
    },
    async removeAll() {
      isClosed = true
      await ask((disk) => disk.removeAll(name))
      link.close()
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await ask((disk) => disk.close())
      link.close()
    },
  }
}
