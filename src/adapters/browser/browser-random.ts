import type { Random } from '../../ports/random.ts'

/** Most bytes that one call of `crypto.getRandomValues` gives. Web Cryptography API. */
const LONGEST_CALL_BYTES = 65_536

/** Returns the browser's source of randomness, in pages and workers. */
export function createBrowserRandom(): Random {
  return {
    bytes(length) {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at += LONGEST_CALL_BYTES) crypto.getRandomValues(bytes.subarray(at, at + LONGEST_CALL_BYTES))
      return bytes
    },
  }
}
