import { scrypt } from '@noble/hashes/scrypt.js'
import { utf8, type Bytes } from './bytes.ts'

/** Cost of guessing one passphrase: 128 MiB and about half a second. SPEC LNK2, RFC 7914. */
export const PASSPHRASE_SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const

/**
 * Returns the AES-256 key that a passphrase makes for one link, 32 bytes. It takes about half a second and 128 MiB: run it in a worker.
 * @param passphrase as typed; brought into NFKC here
 * @param salt 16 random bytes
 * Source: SPEC.md LNK2.
 */
export function passphraseKeyOf(passphrase: string, salt: Uint8Array): Bytes {
  return new Uint8Array(scrypt(utf8(passphrase.normalize('NFKC')), salt, { ...PASSPHRASE_SCRYPT, dkLen: 32 }))
}
