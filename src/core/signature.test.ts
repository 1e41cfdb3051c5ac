import fc from 'fast-check'
import { createPrivateKey, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { concatBytes, fromHex, hex } from './bytes.ts'
import { brandBytes, type GroupSeed } from './ids.ts'
import { groupKeyOf } from './keys.ts'
import { isSignedBy, signWith } from './signature.ts'
import vectors from './vectors/signatures.json' with { type: 'json' }

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
const publicKeyOf = (seed: Uint8Array): Uint8Array => groupKeyOf(brandBytes<GroupSeed>(new Uint8Array(seed)))

test.each(vectors.signed)('[SIG1] $what', ({ seed, publicKey, message, signature }) => {
  expect(hex(publicKeyOf(fromHex(seed)))).toBe(publicKey)
  expect(hex(signWith(fromHex(seed), fromHex(message)))).toBe(signature)
  expect(isSignedBy(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(true)
})

test.each(vectors.valid)('[SIG2] $what is accepted', ({ publicKey, message, signature }) => {
  expect(isSignedBy(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(true)
})

test.each(vectors.invalid)('[SIG2] $what is refused', ({ publicKey, message, signature }) => {
  expect(isSignedBy(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(false)
})

test('[SIG1] signatures are those of node:crypto', () => {
  const pkcs8 = fromHex('302e020100300506032b657004220420')
  fc.assert(
    fc.property(seeds, fc.uint8Array({ maxLength: 300 }), (seed, message) => {
      const key = createPrivateKey({ key: Buffer.from(concatBytes(pkcs8, seed)), format: 'der', type: 'pkcs8' })
      return hex(signWith(seed, message)) === hex(sign(null, message, key))
    }),
    { numRuns: 100 },
  )
})

test('[SIG2] any flipped bit of key, message or signature is refused', () => {
  const edits = fc.record({ seed: seeds, message: fc.uint8Array({ minLength: 1, maxLength: 64 }), part: fc.nat({ max: 2 }), bit: fc.nat() })
  fc.assert(
    fc.property(edits, ({ seed, message, part, bit }) => {
      const parts = [publicKeyOf(seed), message, signWith(seed, message)].map((bytes) => bytes.slice())
      const edited = parts[part] ?? new Uint8Array()
      const at = (bit >> 3) % edited.length
      edited[at] = (edited[at] ?? 0) ^ (1 << (bit & 7))
      const [publicKey, said, signature] = parts
      return publicKey !== undefined && said !== undefined && signature !== undefined && !isSignedBy(publicKey, said, signature)
    }),
    { numRuns: 300 },
  )
})

test('[SIG2] bytes of any kind are refused without an error', () => {
  const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 100 }), seeds, fc.uint8Array({ minLength: 64, maxLength: 64 }))
  fc.assert(
    fc.property(anyBytes, anyBytes, anyBytes, (publicKey, message, signature) => !isSignedBy(publicKey, message, signature)),
    { numRuns: 500 },
  )
})

test.each([0, 31, 33, 64])('[SIG1] a seed of %s bytes signs nothing', (length) => {
  expect(() => signWith(new Uint8Array(length), new Uint8Array())).toThrow('broken invariant')
})
