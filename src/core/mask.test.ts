import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalBytes } from './bytes.ts'
import { mask } from './mask.ts'

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('[RPR13] a mask is AES-256-CTR from the offset on, and gives the bytes back the second time', () => {
  fc.assert(
    fc.property(keys, fc.uint8Array({ minLength: 1, maxLength: 2_000 }), fc.nat(1_000), (key, bytes, blocks) => {
      const masked = mask(key, 16 * blocks, bytes)
      const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16))
      const whole = cipher.update(new Uint8Array(16 * blocks + bytes.length)).subarray(16 * blocks)
      const isRight = masked.every((byte, at) => byte === ((bytes[at] ?? 0) ^ (whole[at] ?? 0)))
      return isRight && equalBytes(mask(key, 16 * blocks, masked), bytes)
    }),
  )
})

test('[RPR13] a mask leaves the bytes that it is given as they are', () => {
  const bytes = new Uint8Array(64).fill(7)
  mask(new Uint8Array(32), 0, bytes)
  expect(bytes.every((byte) => byte === 7)).toBe(true)
})
