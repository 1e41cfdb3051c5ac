import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { createHash, pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromHex, hex } from './bytes.ts'
import { checkWords, makeWords, ownerKeysOf } from './words.ts'
import vectors from './vectors/words.json' with { type: 'json' }
import { codeOf } from './errors.ts'

const numberOf = new Map(wordlist.map((word, number) => [word, number]))
const entropies = fc.uint8Array({ minLength: 16, maxLength: 16 })

test.each(vectors.valid)('[WRD1] entropy $entropy has the words of BIP39', ({ entropy, words }) => {
  expect(makeWords(fromHex(entropy))).toBe(words)
  expect(checkWords(words)).toBe(words)
})

test.each(vectors.valid)('[WRD3] the words of $entropy lead to the owner keys', ({ words, seed, ...keys }) => {
  expect(hex(new Uint8Array(pbkdf2Sync(words, 'mnemonic', 2048, 64, 'sha512')))).toBe(seed)
  const owner = ownerKeysOf(words)
  expect({ vaultAead: hex(owner.vaultAead), vaultSign: hex(owner.vaultSign), lease: hex(owner.lease) }).toEqual({
    vaultAead: keys.vaultAead,
    vaultSign: keys.vaultSign,
    lease: keys.lease,
  })
})

test.each(vectors.typed)('[WRD2] $what are taken', ({ text, words }) => {
  expect(checkWords(text)).toBe(words)
  expect(ownerKeysOf(text)).toEqual(ownerKeysOf(words))
})

test.each(vectors.invalid)('[WRD2] $what: refused', ({ text }) => {
  expect(isRefused(text)).toBe(true)
})

test.each([0, 15, 17, 32])('[WRD1] %s bytes make no recovery words', (length) => {
  expect(() => makeWords(new Uint8Array(length))).toThrow('broken invariant')
})

test('[WRD2] words that were made are accepted', () => {
  fc.assert(fc.property(entropies, (entropy) => checkWords(makeWords(entropy)) === makeWords(entropy)))
})

test('[WRD2] 100,000 hostile edits of words are refused unless list and checksum allow them', () => {
  const originals = Array.from({ length: 16 }, (_, at) => makeWords(new Uint8Array(16).fill(17 * at)))
  const edits = fc.record({
    original: fc.nat({ max: 15 }),
    edit: fc.nat({ max: 4 }),
    at: fc.nat(),
    word: fc.nat({ max: 2047 }),
    character: fc.string({ maxLength: 2 }),
  })
  fc.assert(
    fc.property(edits, ({ original, edit, at, word, character }) => {
      const text = originals[original] ?? ''
      const words = text.split(' ')
      let edited: string
      if (edit === 0) edited = words.with(at % 12, wordlist[word] ?? '').join(' ')
      else if (edit === 1) edited = words.toSpliced(at % 12, 1).join(' ')
      else if (edit === 2) edited = words.toSpliced(at % 13, 0, wordlist[word] ?? '').join(' ')
      else if (edit === 3)
        edited = words
          .toSpliced(at % 12, 1)
          .toSpliced(word % 12, 0, words[at % 12] ?? '')
          .join(' ')
      else edited = text.slice(0, at % text.length) + character + text.slice((at % text.length) + 1)
      return isRefused(edited) === !isRightByRule(edited)
    }),
    { numRuns: 100_000 },
  )
})

function isRefused(text: string): boolean {
  try {
    checkWords(text)
    return false
  } catch (error) {
    if (codeOf(error) !== 'words-invalid') throw error
    return true
  }
}

/** Checks the rule of BIP39 as written: 11 bits a word, and the last bits of all are the first of the SHA-256 of the others. */
function isRightByRule(text: string): boolean {
  const words = text.normalize('NFKD').toLowerCase().trim().split(/\s+/u)
  const numbers = words.map((word) => numberOf.get(word) ?? -1)
  if ((words.length !== 12 && words.length !== 24) || numbers.includes(-1)) return false
  const bits = numbers.map((number) => number.toString(2).padStart(11, '0')).join('')
  const entropyBits = (bits.length * 32) / 33
  const entropy = Uint8Array.from({ length: entropyBits / 8 }, (_, at) => parseInt(bits.slice(8 * at, 8 * at + 8), 2))
  const digest = createHash('sha256').update(entropy).digest()[0] ?? 0
  return digest.toString(2).padStart(8, '0').startsWith(bits.slice(entropyBits))
}
