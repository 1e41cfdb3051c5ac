import { hex } from '../../core/bytes.ts'
import { recordKeyOf } from '../../core/keys.ts'
import type { SealJob } from '../../ports/coder.ts'

/** Most imported keys that are kept: a few files under way, each with its content and its manifest. */
const MAX_KEYS = 16

/** Returns a function that finds the AES-256-GCM key of a job, derived and imported once per (fileKey, kind, r). SPEC KEY4. */
export function createRecordKeys(subtle: SubtleCrypto): (job: Pick<SealJob, 'fileKey' | 'kind' | 'r'>) => Promise<CryptoKey> {
  const keys = new Map<string, Promise<CryptoKey>>()
  return ({ fileKey, kind, r }) => {
    const name = `${hex(fileKey)}/${kind}/${hex(r)}`
    const known = keys.get(name)
    if (known) {
      keys.delete(name)
      keys.set(name, known)
      return known
    }
    const made = subtle.importKey('raw', recordKeyOf(fileKey, kind, r), 'AES-GCM', false, ['encrypt', 'decrypt'])
    keys.set(name, made)
    for (const oldest of keys.keys()) {
      if (keys.size <= MAX_KEYS) break
      keys.delete(oldest)
    }
    return made
  }
}
