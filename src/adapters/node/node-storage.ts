import { HoardError } from '../../core/errors.ts'
import { createLogMirror } from '../storage/log/log-mirror.ts'
import { openStorage, type DeviceStorage } from '../storage/open-storage.ts'
import { createTimerClock } from '../clock/timer-clock.ts'
import { createNodeFiles } from './node-files.ts'
import { createNodeRandom } from './node-random.ts'

/** Options for opening a folder. */
export interface NodeStorageOptions {
  /** The peer id that belongs to the folder, when it is known: a catalog of another one is refused. */
  readonly identity?: string
  /** Goes on with the readable part of a damaged catalog. */
  readonly salvage?: boolean
}

/**
 * Opens the storage of a device in the directory `root`, which it makes when it is missing. One process at a time: see `openDataFolder`.
 * @throws HoardError 'storage-unavailable' | 'storage-full' | 'storage-damaged' {folder} | 'format-unknown'
 */
export async function openNodeStorage(root: string, options: NodeStorageOptions = {}): Promise<DeviceStorage> {
  const files = createNodeFiles(root)
  const parts = { files, subtle: globalThis.crypto.subtle, random: createNodeRandom(), clock: createTimerClock() }
  return openStorage({ ...parts, mirror: createLogMirror(files), ...options }).catch((error: unknown) => {
    if (!(error instanceof HoardError) || error.code !== 'storage-damaged') throw error
    throw new HoardError('storage-damaged', { ...error.facts, folder: root }, error)
  })
}
