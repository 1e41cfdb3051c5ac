import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, hex } from './bytes.ts'
import { brandPeerId } from './ids.ts'
import { peerIdBytes, peerIdFromBytes, peerIdOf, publicKeyOf } from './peer-id.ts'
import vectors from './vectors/peer-ids.json' with { type: 'json' }
import { codeOf } from './errors.ts'

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })

// The vectors were made by js-libp2p.
test.each(vectors.valid)('[PID1] $text', ({ publicKey, bytes, text }) => {
  const peerId = brandPeerId(text)
  expect([peerIdOf(fromHex(publicKey)), peerIdFromBytes(fromHex(bytes))]).toEqual([text, text])
  expect([hex(peerIdBytes(peerId)), hex(publicKeyOf(peerId))]).toEqual([bytes, publicKey])
})

test.each(vectors.invalidTexts)('[PID2] $what: refused', ({ text }) => {
  expect(isRefused(() => brandPeerId(text))).toBe(true)
})

test.each(vectors.invalidBytes)('[PID2] $what: refused', ({ bytes }) => {
  expect(isRefused(() => peerIdFromBytes(fromHex(bytes)))).toBe(true)
})

test.each([0, 31, 33])('[PID1] a key of %s bytes names nobody', (length) => {
  expect(isRefused(() => peerIdOf(new Uint8Array(length)))).toBe(true)
})

test('[PID1] every key has a text of 52 characters and is read back from it', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const peerId = peerIdOf(key)
      return peerId.length === 52 && peerId.startsWith('12D3KooW') && hex(publicKeyOf(peerId)) === hex(key)
    }),
    { numRuns: 1000 },
  )
})

test('[PID2] 100,000 hostile edits of texts are refused or name someone else in their only form', () => {
  const originals = vectors.valid.map(({ text }) => text)
  const alphabet = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz +/='.split(''), '\u0000', '\u00e9', '\u{1f600}']
  const edits = fc.record({ original: fc.nat({ max: 3 }), edit: fc.nat({ max: 3 }), at: fc.nat(), to: fc.nat() })
  fc.assert(
    fc.property(edits, ({ original, edit, at, to }) => {
      const text = originals[original] ?? ''
      const characters = text.split('')
      const other = alphabet[to % alphabet.length] ?? ''
      if (edit === 0) characters[at % text.length] = other
      else if (edit === 1) characters.splice(at % text.length, 1)
      else if (edit === 2) characters.splice(at % (text.length + 1), 0, other)
      else characters.push(...characters.splice(at % text.length, 1 + (to % 5)))
      const edited = characters.join('')
      if (isRefused(() => brandPeerId(edited))) return edited !== text
      // Every text that is accepted is the whole text of a key and leads back to itself.
      return edited.startsWith('12D3KooW') && peerIdOf(publicKeyOf(brandPeerId(edited))) === edited
    }),
    { numRuns: 100_000 },
  )
})

test('[PID2] 100,000 hostile edits of bytes are refused unless they change the key alone', () => {
  const originals = vectors.valid.map(({ bytes }) => fromHex(bytes))
  const edits = fc.record({ original: fc.nat({ max: 3 }), edit: fc.nat({ max: 2 }), at: fc.nat(), value: fc.nat({ max: 255 }) })
  fc.assert(
    fc.property(edits, ({ original, edit, at, value }) => {
      const bytes = [...(originals[original] ?? [])]
      if (edit === 0) bytes[at % bytes.length] = value
      else if (edit === 1) bytes.splice(at % bytes.length, 1 + (value % 3))
      else bytes.splice(at % (bytes.length + 1), 0, value)
      const edited = Uint8Array.from(bytes)
      const isWhole = edited.length === 38 && hex(edited.subarray(0, 6)) === '002408011220'
      if (isRefused(() => peerIdFromBytes(edited))) return !isWhole
      return isWhole && hex(peerIdBytes(peerIdFromBytes(edited))) === hex(edited)
    }),
    { numRuns: 100_000 },
  )
})

function isRefused(act: () => unknown): boolean {
  try {
    act()
    return false
  } catch (error) {
    if (codeOf(error) !== 'format-invalid') throw error
    return true
  }
}

// Ids of other key types, as js-libp2p writes them.
test.each([
  ['secp256k1', '16Uiu2HAmVM53f97No3BkbiyxbXUV98w2F9aUQy6V9mGRFmLx8Rxj'],
  ['RSA', 'QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC'],
  ['a CID', 'bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgnizmb3vpbkjlkhk4kbaq'],
  ['nothing', ''],
])('[PID2] %s is no name of a peer, and says so with a type', (_what, text) => {
  expect(isRefused(() => brandPeerId(text))).toBe(true)
})
