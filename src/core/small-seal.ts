import { gcm } from '@noble/ciphers/aes.js'
import type { Bytes } from './bytes.ts'
import { deriveKey } from './labels.ts'
import { HoardError } from './errors.ts'

/**
 * Returns `plaintext` sealed by AES-256-GCM (16 bytes longer) under a key derived from `parent`, `purpose` and `r`.
 * @param r 32 bytes, fresh and random for every call: the derived key is used once, so the nonce is zero. SPEC SML1.
 */
export function sealSmall(parent: Uint8Array, purpose: string, r: Uint8Array, plaintext: Uint8Array): Bytes {
  return new Uint8Array(gcm(deriveKey(parent, purpose, r), new Uint8Array(12)).encrypt(plaintext))
}

/**
 * Returns the plaintext that `sealSmall` sealed.
 * @throws HoardError 'record-damaged' when the key is another one or a byte has changed
 * Source: SPEC.md SML2.
 */
export function openSmall(parent: Uint8Array, purpose: string, r: Uint8Array, sealed: Uint8Array): Bytes {
  try {
    return new Uint8Array(gcm(deriveKey(parent, purpose, r), new Uint8Array(12)).decrypt(sealed))
  } catch (cause) {
    throw new HoardError('record-damaged', { object: purpose }, cause)
  }
}
