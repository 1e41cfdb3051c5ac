import { sha256 } from '@noble/hashes/sha2.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { concatBytes, utf8, type Bytes } from './bytes.ts'

/** First byte of every encoded object and stream. SPEC ENC1. */
export const FORMAT_VERSION = 1

/** Tells whether stored bytes were written by a later version than this one: they are left as they are, since that version may come back. */
export function isOfLaterVersion(bytes: Uint8Array): boolean {
  return (bytes[0] ?? 0) > FORMAT_VERSION
}

/** Returns `scatterhoard/v1/<purpose>` and a zero byte. SPEC LAB1. */
export function label(purpose: string): Bytes {
  return concatBytes(utf8(`scatterhoard/v1/${purpose}`), new Uint8Array(1))
}

/** Returns SHA-256 of the label of `purpose` and `parts`, 32 bytes. SPEC LAB2. */
export function labelledHash(purpose: string, ...parts: readonly Uint8Array[]): Bytes {
  return new Uint8Array(sha256(concatBytes(label(purpose), ...parts)))
}

/** Returns 32 bytes of HKDF-SHA256 of `parent` without salt, info = label of `purpose` and `context`. SPEC LAB3, RFC 5869. */
export function deriveKey(parent: Uint8Array, purpose: string, context: Uint8Array = new Uint8Array()): Bytes {
  return new Uint8Array(hkdf(sha256, parent, undefined, concatBytes(label(purpose), context), 32))
}
