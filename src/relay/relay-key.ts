import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole, type DataFolder } from '../adapters/node/data-folder.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import type { Bytes } from '../core/bytes.ts'
import { HoardError } from '../core/errors.ts'

const SEED_BYTES = 32

/**
 * Resolves with the 32-byte Ed25519 seed kept in `folder`, made on first use: a relay's identity is part of every address that people
 * remember. The mark of the folder names that identity, so that a missing or different key is noticed.
 * @throws HoardError 'storage-damaged' {what: 'relay key', path, is} when the key is missing, damaged or another one, and nothing was
 * changed; the system's error when the folder cannot be used
 */
export async function loadRelayKey(folder: DataFolder): Promise<Uint8Array> {
  const path = join(folder.path, 'relay.key')
  const kept = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  const trouble = troubleWith(kept && new Uint8Array(kept), folder.identity)
  if (trouble !== undefined) throw new HoardError('storage-damaged', { what: 'relay key', path, is: trouble })
  const seed = new Uint8Array(kept ?? randomBytes(SEED_BYTES))
  if (!kept) await writeWhole(path, seed, 0o600)
  await folder.noteIdentity(createDeviceSigner(seed).peerId)
  return seed
}

function troubleWith(seed: Bytes | undefined, identity: string | undefined): string | undefined {
  if (!seed) return identity === undefined ? undefined : 'it is gone'
  if (seed.length === 0) return 'it is empty'
  if (seed.length !== SEED_BYTES) return `it has ${seed.length} bytes instead of ${SEED_BYTES}`
  if (seed.every((byte) => byte === 0)) return 'it holds nothing but zeros'
  const found = createDeviceSigner(seed).peerId
  return identity === undefined || identity === found ? undefined : `it is that of ${found}, and this relay is ${identity}`
}
