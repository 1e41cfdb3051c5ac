import type { Files } from '../../ports/files.ts'
import type { Random } from '../../ports/random.ts'
import { openStorage, type DeviceStorage } from '../storage/open-storage.ts'
import { createMemoryFiles } from './memory-files.ts'
import { createVirtualClock } from './virtual-clock.ts'

/** Opens a device's storage in memory; opened again over the same `files`, it is the same device after a restart. */
export function openMemoryStorage({
  random,
  files = createMemoryFiles(),
  subtle = globalThis.crypto.subtle,
}: {
  readonly random: Random
  readonly files?: Files
  readonly subtle?: SubtleCrypto
}): Promise<DeviceStorage> {
  return openStorage({ files, subtle, random, clock: createVirtualClock() })
}
