import type { Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Random } from '../../ports/random.ts'
import type { CatalogRecord } from './log/catalog-tables.ts'

/** The two secrets on disk that no other secret protects. */
export interface DeviceKeys {
  /** 32-byte Ed25519 seed of this device's PeerId. */
  readonly peerKey: Bytes
  /** 32-byte AES key that wraps the shards this device keeps. */
  readonly storageKey: Bytes
}

const KEY_BYTES = 32

/** Returns the first records of a device: its fresh keys. */
export function newDeviceKeys(random: Random): readonly CatalogRecord[] {
  return ['peer-key', 'storage-key'].map((key) => ({ table: 'self', key, value: random.bytes(KEY_BYTES) }))
}

/**
 * Returns this device's keys from the table `self` ('peer-key', 'storage-key'). A catalog has them from its first state on, so they are
 * never made anew.
 * @throws HoardError 'storage-damaged' when one is missing or has a wrong length, and what catalogs throw
 */
export async function readDeviceKeys(catalog: Pick<Catalog, 'get'>): Promise<DeviceKeys> {
  const [peerKey, storageKey] = await Promise.all([catalog.get('self', 'peer-key'), catalog.get('self', 'storage-key')])
  if (peerKey?.length !== KEY_BYTES || storageKey?.length !== KEY_BYTES) throw new HoardError('storage-damaged', { what: 'device keys' })
  return { peerKey, storageKey }
}
