import { expect, test } from 'vitest'
import { checkWords, makeWords, ownerKeysOf } from './words.ts'
import { hex } from './bytes.ts'
import { parsePeerId, peerIdOf, publicKeyOf, peerIdBytes } from './peer-id.ts'
import { isSignedBy, signWith } from './signature.ts'
import { groupKeyOf, groupSeedOf } from './keys.ts'

test('[WRD1] all-zero entropy gives the first BIP39 vector', () => {
  expect(makeWords(new Uint8Array(16))).toBe(
    'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
  )
  expect(checkWords('  Abandon abandon abandon abandon abandon abandon\nabandon abandon abandon abandon abandon ABOUT ')).toBe(
    makeWords(new Uint8Array(16)),
  )
  const keys = ownerKeysOf(makeWords(new Uint8Array(16)))
  expect(new Set(Object.values(keys).map(hex)).size).toBe(3)
  const seed = groupSeedOf(keys.lease, new Uint8Array(16))
  const key = groupKeyOf(seed)
  const id = peerIdOf(key)
  expect(parsePeerId(id)).toBe(id)
  expect(publicKeyOf(id)).toEqual(key)
  expect(peerIdBytes(id).length).toBe(38)
  expect(isSignedBy(key, Uint8Array.of(1), signWith(seed, Uint8Array.of(1)))).toBe(true)
  expect(isSignedBy(key, Uint8Array.of(2), signWith(seed, Uint8Array.of(1)))).toBe(false)
})
