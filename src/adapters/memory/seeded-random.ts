import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8, type Bytes } from '../../core/bytes.ts'
import type { Random } from '../../ports/random.ts'

/** Returns a source whose bytes follow from `seed` alone: SHA-256(seed || counter), block by block. Not secret. */
export function createSeededRandom(seed: string | number): Random {
  const start = utf8(`${seed}/`)
  let counter = 0
  let block: Bytes = new Uint8Array()
  return {
    bytes(length) {
      const bytes = new Uint8Array(length)
      let at = 0
      while (at < length) {
        if (block.length === 0) block = new Uint8Array(sha256(concatBytes(start, utf8(String(counter++)))))
        const part = block.subarray(0, length - at)
        bytes.set(part, at)
        block = block.subarray(part.length)
        at += part.length
      }
      return bytes
    },
  }
}
