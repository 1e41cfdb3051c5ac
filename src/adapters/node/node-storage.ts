import { createLogMirror } from '../storage/log-mirror.ts'
import { openStorage, type DeviceStorage } from '../storage/open-storage.ts'
import { createTimerClock } from './timer-clock.ts'
import { createNodeFiles } from './node-files.ts'
import { createNodeRandom } from './node-random.ts'

/**
 * Opens what a device keeps in the directory `root`, made when missing. One process at a time: see `claimDirectory`.
 * @throws HoardError 'storage-unavailable' | 'storage-full' | 'storage-damaged' | 'format-unknown'
 */
export async function openNodeStorage(root: string, { salvage = false }: { readonly salvage?: boolean } = {}): Promise<DeviceStorage> {
  const files = createNodeFiles(root)
  return openStorage({
    files,
    mirror: createLogMirror(files),
    salvage,
    subtle: globalThis.crypto.subtle,
    random: createNodeRandom(),
    clock: createTimerClock(),
  })
}
