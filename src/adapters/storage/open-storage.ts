import type { FreeBytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Files } from '../../ports/files.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Random } from '../../ports/random.ts'
import type { ShardStore } from '../../ports/shard-store.ts'
import type { CatalogMirror } from './log/catalog-mirror.ts'
import { newDeviceKeys, readDeviceKeys, type DeviceKeys } from './device-keys.ts'
import { createDeviceSigner } from './device-signer.ts'
import { createFileOutbox, OUTBOX_DIRECTORY } from './file-outbox.ts'
import { openLogCatalog } from './log/log-catalog.ts'
import { OLD_SHARD_DIRECTORY } from './slabs/old-shard-files.ts'
import { keyTagOf } from './slabs/shard-footer.ts'
import { isOwnerOfShards } from './slabs/shard-owner.ts'
import { readSlabName, SLAB_DIRECTORY } from './slabs/slab-layout.ts'
import { openSlabShardStore } from './slabs/slab-shard-store.ts'

/** The storage of a device. */
export interface DeviceStorage {
  readonly catalog: Catalog
  readonly keys: DeviceKeys
  readonly shards: ShardStore
  readonly outbox: Outbox
  /** Shards that the start found torn, foreign or cut off: they are no longer kept. */
  readonly lost: readonly string[]
  /** Deletes everything, keys included; afterwards the storage is closed. */
  removeAll(): Promise<void>
  /** Resolves once everything is on disk and no file is open. */
  close(): Promise<void>
}

/** The parts that the platform provides. */
export interface StorageParts {
  readonly files: Files
  readonly subtle: SubtleCrypto
  readonly random: Random
  readonly clock: Clock
  readonly mirror?: CatalogMirror
  /** Gets large buffers that are no longer used. */
  readonly free?: FreeBytes
  /** The peer id of this device, where another place notes it as well. */
  readonly identity?: string
  /** Goes on with the readable part of a damaged catalog, as the person asked. */
  readonly salvage?: boolean
}

/** Directories whose files are worthless without the catalog, and the names of such files: others belong to somebody else. */
const KEPT: Readonly<Record<string, (name: string) => boolean>> = {
  [SLAB_DIRECTORY]: (name) => readSlabName(name) !== undefined,
  [OLD_SHARD_DIRECTORY]: (name) => /^[0-9a-f]{64}$/.test(name),
  [OUTBOX_DIRECTORY]: (name) => /^([0-9a-f]{2})+$/.test(name),
}

/**
 * Opens the storage under `files`, in the only order that works: catalog, the keys in it, the shards that they unwrap.
 * @throws HoardError 'storage-damaged' {what: 'catalog'} when something is kept and its catalog cannot be trusted: nothing is changed then,
 * see `restoreCatalog`; and what files throw
 * Source: core SPEC.md DSK.
 */
export async function openStorage(parts: StorageParts): Promise<DeviceStorage> {
  const { files: allFiles, subtle, random, clock, mirror, free, identity } = parts
  let isOpen = true
  const files = whileOpen(allFiles, () => isOpen)
  const catalog = await openLogCatalog({
    files,
    random,
    ...(mirror && { mirror }),
    salvage: parts.salvage === true,
    firstRecords: () => newDeviceKeys(random),
    async findKept() {
      const kept: string[] = []
      for (const [directory, isOurs] of Object.entries(KEPT)) if ((await files.list(directory)).some(isOurs)) kept.push(directory)
      return identity === undefined ? kept : [...kept, `the mark of ${identity}`]
    },
    async isOurs(tables) {
      const [peerKey, storageKey] = [tables.get('self', 'peer-key'), tables.get('self', 'storage-key')]
      if (identity !== undefined && peerKey) return createDeviceSigner(peerKey).peerId === identity
      return storageKey && isOwnerOfShards(files, keyTagOf(storageKey))
    },
    hasKeys: (tables) => tables.get('self', 'peer-key') !== undefined && tables.get('self', 'storage-key') !== undefined,
  })
  const keys = await readDeviceKeys(catalog)
  const shards = await openSlabShardStore({ files, subtle, random, clock, storageKey: keys.storageKey, ...(free && { free }) })
  return {
    catalog,
    keys,
    shards,
    outbox: createFileOutbox(files),
    lost: shards.lost,
    async removeAll() {
      await shards.close()
      await catalog.close()
      isOpen = false
      await allFiles.removeAll()
    },
    async close() {
      await shards.close()
      await catalog.close()
      isOpen = false
    },
  }
}

/** Returns files that can no longer be opened once `isOpen` returns false: no file may come back after everything was removed. */
function whileOpen(files: Files, isOpen: () => boolean): Files {
  function live(): Files {
    if (!isOpen()) throw new HoardError('storage-unavailable', { reason: 'closed' })
    return files
  }
  return {
    open: async (path, options) => live().open(path, options),
    remove: async (path) => live().remove(path),
    list: async (directory) => live().list(directory),
    removeAll: async () => live().removeAll(),
  }
}
