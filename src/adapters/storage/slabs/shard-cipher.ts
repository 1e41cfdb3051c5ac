import type { Bytes } from '../../../core/bytes.ts'

/** AES-256-CTR over a payload with random access: it keeps bytes chosen by others off the disk, and does not provide secrecy. */
export interface ShardCipher {
  /**
   * Returns `bytes`, which stand `offset` bytes into a payload whose first counter block is `iv` (16 bytes), wrapped or unwrapped:
   * both are the same operation.
   */
  wrap(iv: Uint8Array, offset: number, bytes: Uint8Array): Promise<Bytes>
}

const BLOCK_BYTES = 16

/** Returns the cipher under `storageKey` (32 bytes); the key is imported once. */
export async function createShardCipher(subtle: SubtleCrypto, storageKey: Bytes): Promise<ShardCipher> {
  const key = await subtle.importKey('raw', storageKey, 'AES-CTR', false, ['encrypt'])
  return {
    async wrap(iv, offset, bytes) {
      const lead = offset % BLOCK_BYTES
      const counter = counterAt(iv, (offset - lead) / BLOCK_BYTES)
      return new Uint8Array(await subtle.encrypt({ name: 'AES-CTR', counter, length: 128 }, key, behind(lead, bytes)), lead)
    },
  }
}

/** Returns `bytes` behind `lead` bytes that do not count; with none, the bytes themselves. */
function behind(lead: number, bytes: Uint8Array): Bytes {
  if (lead === 0 && bytes.buffer instanceof ArrayBuffer) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const input = new Uint8Array(lead + bytes.length)
  input.set(bytes, lead)
  return input
}

/** Returns the counter block `blocks` after `iv`: a 128-bit big-endian sum that wraps around. NIST SP 800-38A, appendix B.1. */
function counterAt(iv: Uint8Array, blocks: number): Bytes {
  const counter = new Uint8Array(iv)
  let carry = blocks
  for (let at = BLOCK_BYTES - 1; at >= 0 && carry > 0; at--) {
    const sum = (counter[at] ?? 0) + carry
    counter[at] = sum % 256
    carry = Math.floor(sum / 256)
  }
  return counter
}
