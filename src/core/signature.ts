import { ed25519 } from '@noble/curves/ed25519.js'
import type { Bytes } from './bytes.ts'
import { assert } from './errors.ts'

/** Returns the Ed25519 signature of `message`, 64 bytes, by the key of the 32-byte `seed`. SPEC SIG1, RFC 8032. */
export function signWith(seed: Uint8Array, message: Uint8Array): Bytes {
  assert(seed.length === 32, 'an Ed25519 seed has 32 bytes')
  return ed25519.sign(message, seed)
}

/** Returns the public key, 32 bytes, of the 32-byte `seed`. RFC 8032. */
export function publicKeyOf(seed: Uint8Array): Bytes {
  return new Uint8Array(ed25519.getPublicKey(seed))
}

/**
 * Tells whether `signature` is one of `message` by the holder of `publicKey`. Never throws, whatever the bytes. Strict: it refuses
 * small-order keys, and points and scalars in any but their one encoding, so that all verifiers agree.
 * Source: SPEC.md SIG2; RFC 8032 section 5.1.7; Chalkias et al. 2020, "Taming the many EdDSAs".
 */
export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    return false
  }
}
