import type { Remote } from 'comlink'
import type { Bytes } from '../../core/bytes.ts'
import { HoardError, codeOf } from '../../core/errors.ts'
import diskUrl from '../../../workers/disk.ts?worker&url'
import type { DeviceStorage } from '../storage/open-storage.ts'
import { sizeOnDisk } from '../storage/slabs/slab-layout.ts'
import type { DiskWorker } from './disk-worker.ts'
import { createSpareBuffers, type SpareBuffers } from '../coding/spare-buffers.ts'
import { freeBytes, moved } from './transfer-bytes.ts'
import { createWorkerLink } from './worker-link.ts'

const NAME = 'scatterhoard'

/** Deletes everything that this browser profile keeps for this origin, without opening it. No page may have it open. */
export async function removeBrowserStorage(): Promise<void> {
  const link = createWorkerLink<DiskWorker>(diskUrl)
  try {
    await link.run((disk) => disk.removeAll(NAME))
  } finally {
    link.close()
  }
}

/**
 * Opens the storage of this browser profile for this origin: the disk worker over OPFS and IndexedDB. Only one page of a profile may do so
 * at a time; it waits up to two seconds for a worker that is just ending. A worker that dies is replaced, and the new one opens the same
 * storage.
 * @throws HoardError 'storage-unavailable' | 'storage-full' | 'storage-damaged' | 'format-unknown'
 */
export async function openBrowserStorage({
  name = NAME,
  spares = createSpareBuffers(freeBytes),
  salvage = false,
}: { readonly name?: string; readonly spares?: SpareBuffers; readonly salvage?: boolean } = {}): Promise<DeviceStorage> {
  const link = createWorkerLink<DiskWorker>(diskUrl, { onStart: (disk) => void disk.open(name, { salvage }).catch(() => undefined) })

  async function ask<T>(call: (disk: Remote<DiskWorker>) => Promise<T>): Promise<T> {
    try {
      return await link.run(call)
    } catch (error) {
      if (codeOf(error) === 'worker-died') throw new HoardError('storage-unavailable', { reason: 'worker-died' }, error)
      throw error
    }
  }

  /** Hands a copy to the worker, so that the caller keeps its bytes; the buffer of the copy comes back for the next one. */
  async function write(bytes: Uint8Array, call: (disk: Remote<DiskWorker>, copy: Bytes) => Promise<Bytes>): Promise<void> {
    const copy = spares.take(bytes.length)
    copy.set(bytes)
    spares.give(await ask((disk) => call(disk, moved(copy))))
  }

  const { keys, lost } = await ask((disk) => disk.open(name, { salvage })).catch((error: unknown) => {
    link.close()
    throw error
  })
  let isClosed = false
  return {
    keys,
    lost,
    shards: {
      sizeOnDisk,
      write: (facts, offset, bytes, at) => write(bytes, (disk, copy) => disk.writeShard(facts, offset, copy, at)),
      seal: (shardId, at) => ask((disk) => disk.sealShard(shardId, at)),
      read: (shardId, offset, length) => ask((disk) => disk.readShard(shardId, offset, length)),
      remove: (shardId) => ask((disk) => disk.removeShard(shardId)),
      compact: () => ask((disk) => disk.compactShards()),
      list: () => ask((disk) => disk.listShards()),
    },
    catalog: {
      get: (table, key) => ask((disk) => disk.getRecord(table, key)),
      all: (table) => ask((disk) => disk.allRecords(table)),
      commit: (changes) => ask((disk) => disk.commitRecords(changes)),
    },
    outbox: {
      write: (spool, offset, bytes) => write(bytes, (disk, copy) => disk.writeSpool(spool, offset, copy)),
      read: (spool, offset, length) =>
        ask((disk) => {
          const spare = spares.find(length)
          return spare === undefined ? disk.readSpool(spool, offset, length) : disk.readSpool(spool, offset, length, moved(spare))
        }),
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
