import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTypedWords, replaceTyped } from './typed-words.ts'
import { checkWords, makeWords } from './words.ts'

const right = makeWords(Uint8Array.from({ length: 16 }, (_, at) => 17 * at + 3))
const words = right.split(' ')

test.each([
  ['mixed case', right.toUpperCase()],
  ['spaces and line breaks', `\n  ${words.join(' \r\n\t ')}  `],
  ['commas and a stop', `${words.join(', ')}.`],
  ['numbers before them', words.map((word, at) => `${at + 1}. ${word}`).join('\n')],
  ['numbers right before them', words.map((word, at) => `${at + 1})${word}`).join(' ')],
  ['numbers without anything between', words.map((word, at) => `${at + 1}${word}`).join(' ')],
  ['dashes, bullets and quotes', words.map((word) => `- “${word}”`).join('\n• ')],
  ['full-width letters', right.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))],
  ['soft hyphens and a byte order mark', `\uFEFF${words.map((word) => `${word.slice(0, 2)}\u00AD${word.slice(2)}`).join('\u200B')}`],
])('[WRD4] words with %s are right', (_, text) => {
  const typed = readTypedWords(text)
  expect(typed).toEqual({ verdict: 'right', words: words.map((word) => ({ text: word })) })
  expect(checkWords(replaceTyped(typed.words, -1, ''))).toBe(right)
})

test('[WRD4] twenty-four words are right', () => {
  expect(readTypedWords(`${'abandon '.repeat(23)}art`).verdict).toBe('right')
})

test.each([
  ['abandn', 'abandon'],
  ['abanxyzw', 'abandon'],
  ['abnadon', 'abandon'],
  ['aband0n', 'abandon'],
  ['garilc', 'garlic'],
  ['wisdon', 'wisdom'],
  ['lemn', 'lemon'],
  ['écho', 'echo'],
])('[WRD5] %s may be meant for %s', (slip, meant) => {
  const typed = readTypedWords(words.with(4, slip).join(' '))
  expect(typed.verdict).toBe('unknown-word')
  expect(typed.words.flatMap(({ nearest }, at) => (nearest === undefined ? [] : [at]))).toEqual([4])
  const nearest = typed.words[4]?.nearest ?? []
  expect(nearest).toHaveLength(3)
  expect(nearest[0]).toBe(meant)
  expect(nearest.every(listedOf)).toBe(true)
})

test('[WRD5] the word with the same first four letters comes first, however many slips follow; equals keep the alphabet', () => {
  expect(readTypedWords('acciqqqq').words[0]?.nearest?.[0]).toBe('accident')
  expect(readTypedWords('cak').words[0]?.nearest).toEqual(['cake', 'can', 'car'])
})

test('[WRD5] a word of the list without its last letter names it first, unless what is left is in the list too', () => {
  const missed = wordlist.filter((word) => word.length > 4 && readTypedWords(word.slice(0, -1)).words[0]?.nearest?.[0] !== word)
  expect(missed.every((word) => listedOf(word.slice(0, -1)))).toBe(true)
})

test('[WRD5] words in a wrong order, or a wrong one of the list, are said without a guess', () => {
  const wrong = [words.with(0, words[1] ?? '').with(1, words[0] ?? ''), words.with(3, 'zoo')]
  for (const typed of wrong.map((some) => readTypedWords(some.join(' ')))) {
    expect(typed.verdict).toBe('wrong-checksum')
    expect(typed.words.every(({ nearest }) => nearest === undefined)).toBe(true)
  }
})

test.each([
  ['French', 'abaisser abandon abdiquer abeille abolir aborder aboutir aboyer abrasif abreuver abriter abroger'],
  ['Spanish', 'ábaco abdomen abeja abierto abogado abono aborto abrazo abrir abuelo abuso acabar'],
  ['Japanese', 'あいこくしん あいさつ あいだ あおぞら あかちゃん あきる あけがた あける あこがれる あさい あさひ あしあと'],
  ['Chinese', '的 一 是 在 不 了 有 和 人 这 中 大'],
])('[WRD5] words in %s are said to be in another language', (_, text) => {
  expect(readTypedWords(text).verdict).toBe('not-english')
})

test.each([
  ['', 'nothing'],
  [' \n 1. 2) ,;', 'nothing'],
  [words.slice(1).join(' '), 'wrong-count'],
  [`${right} zoo`, 'wrong-count'],
  ['zoo '.repeat(33), 'too-long'],
  [right.padEnd(1025), 'too-long'],
])('[WRD5] %j is %s', (text, verdict) => {
  expect(readTypedWords(text).verdict).toBe(verdict)
})

test('[WRD4] 10,000 random texts are never right by another rule than WRD2, and never give more than they may', () => {
  const some = fc.oneof(fc.constantFrom(...wordlist), fc.string({ maxLength: 6 }), fc.string({ unit: 'binary', maxLength: 3 }))
  const joined = fc.tuple(fc.array(some, { maxLength: 13 }), fc.constantFrom(' ', ', ', '\n', '')).map(([parts, by]) => parts.join(by))
  const edited = fc.tuple(fc.nat(200), fc.string({ maxLength: 2 })).map(([at, by]) => right.slice(0, at) + by + right.slice(at + 1))
  fc.assert(
    fc.property(fc.oneof(joined, edited), (text) => {
      const { verdict, words: typed } = readTypedWords(text)
      const isRight = accepts(typed.map(({ text: word }) => word).join(' '))
      const isBounded = typed.length <= 32 && typed.every(({ text: word, nearest = [] }) => word.length <= 32 && nearest.length <= 3)
      return isBounded && isRight === (verdict === 'right') && typed.every(({ text: word, nearest }) => listedOf(word) === !nearest)
    }),
    { numRuns: 10_000 },
  )
})

test('[WRD4] a text of a million characters is not looked at', () => {
  expect(readTypedWords('\uFDFA'.repeat(1_000_000))).toEqual({ verdict: 'too-long', words: [] })
  expect(readTypedWords('\uFDFA'.repeat(1024)).words.length).toBeLessThanOrEqual(32)
})

test('[WRD5] a chosen word takes the place of the wrong one', () => {
  const typed = readTypedWords(words.with(7, 'qqq').join(', '))
  expect(readTypedWords(replaceTyped(typed.words, 7, words[7] ?? '')).verdict).toBe('right')
})

function listedOf(word: string): boolean {
  return wordlist.includes(word)
}

function accepts(text: string): boolean {
  try {
    checkWords(text)
    return true
  } catch {
    return false
  }
}
