import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes, hex, type Bytes } from '../../../core/bytes.ts'
import { pattern } from '../../../ports/shard-store.contract.ts'
import { createShardCipher } from './shard-cipher.ts'

describe('the cipher of shards', () => {
  it('wraps any part as it wraps the whole, also where the counter wraps around', async () => {
    const cipher = await createShardCipher(globalThis.crypto.subtle, new Uint8Array(32).fill(3))
    const bytes = pattern(2000, 1)
    const ivs = [new Uint8Array(16), new Uint8Array(16).fill(255), Uint8Array.from({ length: 16 }, (_, at) => (at > 7 ? 255 : 1))]
    const wholes = await Promise.all(ivs.map((iv) => cipher.wrap(iv, 0, bytes)))
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(1999), fc.nat(2000), async (which, offset, length) => {
        const end = Math.min(2000, offset + length)
        const part = await cipher.wrap(ivs[which] ?? new Uint8Array(16), offset, bytes.subarray(offset, end))
        return equalBytes(part, (wholes[which] ?? new Uint8Array()).subarray(offset, end))
      }),
      { numRuns: 300 },
    )
  })

  it('is AES-256-CTR as others know it', async () => {
    // NIST SP 800-38A, F.5.5 CTR-AES256.Encrypt, first block.
    const key = hexBytes('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4')
    const cipher = await createShardCipher(globalThis.crypto.subtle, key)
    const wrapped = await cipher.wrap(hexBytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'), 0, hexBytes('6bc1bee22e409f96e93d7e117393172a'))
    expect(hex(wrapped)).toBe('601ec313775789a5b7a7f504bbf3d228')
  })
})

function hexBytes(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}
