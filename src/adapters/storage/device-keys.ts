import type { Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Random } from '../../ports/random.ts'

/** The two secrets at rest without another secret over them. DESIGN: on disk. */
export interface DeviceKeys {
  /** 32-byte Ed25519 seed of this device's PeerId. */
  readonly peerKey: Bytes
  /** 32-byte AES key that wraps what this device keeps. */
  readonly storageKey: Bytes
}

const KEY_BYTES = 32

/**
 * Returns this device's keys, made and committed to the table `self` ('peer-key', 'storage-key') on the first start.
 * @throws HoardError 'storage-damaged' when a kept key has a wrong length, and what catalogs throw
 */
export async function openDeviceKeys(catalog: Catalog, random: Random): Promise<DeviceKeys> {
  const known = await Promise.all([catalog.get('self', 'peer-key'), catalog.get('self', 'storage-key')])
  if (known.some((key) => key && key.length !== KEY_BYTES)) throw new HoardError('storage-damaged', { what: 'device keys' })
  const [peerKey, storageKey] = [known[0] ?? random.bytes(KEY_BYTES), known[1] ?? random.bytes(KEY_BYTES)]
  if (!known[0] || !known[1]) {
    await catalog.commit([
      { table: 'self', key: 'peer-key', value: peerKey },
      { table: 'self', key: 'storage-key', value: storageKey },
    ])
  }
  return { peerKey, storageKey }
}
