import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

const SEED_BYTES = 32

/**
 * Returns the 32-byte Ed25519 seed kept in `folder`, made on first use: a relay's identity is part of every address people remember.
 * @throws Error when the file there is not a key; the system's error when the folder cannot be used
 */
export async function loadRelayKey(folder: string): Promise<Uint8Array> {
  const path = join(folder, 'relay.key')
  try {
    const seed = await readFile(path)
    if (seed.length !== SEED_BYTES) throw new Error(`${path} is not a relay key of ${SEED_BYTES} bytes`)
    return new Uint8Array(seed)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  await mkdir(folder, { recursive: true })
  const seed = randomBytes(SEED_BYTES)
  const draft = await open(`${path}.new`, 'w', 0o600)
  await draft.writeFile(seed)
  await draft.sync()
  await draft.close()
  await rename(`${path}.new`, path)
  return new Uint8Array(seed)
}
