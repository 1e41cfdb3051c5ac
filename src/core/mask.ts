import { ctr } from '@noble/ciphers/aes.js'
import type { Bytes } from './bytes.ts'

/** Bytes of a block of AES: offsets that are masked are multiples of it. */
const BLOCK_BYTES = 16

/**
 * Returns `bytes`, which stand at `offset` of a longer text, under AES-256-CTR; applied twice it gives the bytes back. It keeps content that
 * others choose off the disk as it is, and is no secrecy: the same key masks the same place again.
 * @param key 32 bytes
 * @param offset a multiple of 16
 */
export function mask(key: Uint8Array, offset: number, bytes: Uint8Array): Bytes {
  const counter = new Uint8Array(BLOCK_BYTES)
  new DataView(counter.buffer).setUint32(BLOCK_BYTES - 4, offset / BLOCK_BYTES)
  return new Uint8Array(ctr(key, counter).encrypt(bytes))
}
