import { validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'

/** One word as a person typed it, in lower case. */
export interface TypedWord {
  readonly text: string
  /** Set when the English list does not have it: the words of the list it may be meant for, at most three, best first. */
  readonly nearest?: readonly string[]
}

/** What stands in the way of typed recovery words. `not-english`: most of them are not in the list, or are in another script. */
export type WordsVerdict = 'nothing' | 'too-long' | 'not-english' | 'unknown-word' | 'wrong-count' | 'wrong-checksum' | 'right'

/** Typed recovery words, word by word. */
export interface TypedWords {
  readonly verdict: WordsVerdict
  /** In the order typed; empty when the verdict is 'too-long'. */
  readonly words: readonly TypedWord[]
}

/** Longest text that is looked at, the same as WRD2 allows. */
const MAX_TEXT_LENGTH = 1024
/** More words than this are not looked up one by one. */
const MAX_WORDS = 32
/** Letters of a word that are shown and compared; the longest word of the list has 8. */
const MAX_WORD_LENGTH = 16
const NEAREST = 3
/** The list is made so that no two words share their first four letters. */
const TELLING_LETTERS = 4
/** Fewest words that tell a language. */
const TELLING_WORDS = 6

const byPrefix = new Map(wordlist.map((word) => [word.slice(0, TELLING_LETTERS), word]))
const listed = new Set(wordlist)

/**
 * Reads recovery words as people type, paste or number them: any case, any separators, "1." before a word. Guesses nothing beyond the
 * nearest words of the list: four bits of checksum fit some 1,500 other words. Never throws; works on at most 1,024 characters.
 * Source: SPEC.md WRD4, WRD5.
 */
export function readTypedWords(text: string): TypedWords {
  if (text.length > MAX_TEXT_LENGTH) return { verdict: 'too-long', words: [] }
  const typed = splitTyped(text)
  if (typed.length > MAX_WORDS) return { verdict: 'too-long', words: [] }
  const words = typed.map((word) => (listed.has(word) ? { text: word } : { text: word, nearest: nearestWords(word) }))
  return { verdict: judge(words), words }
}

/** Returns typed words in one line, with `word` in place of the one at `at`. */
export function replaceTyped(words: readonly TypedWord[], at: number, word: string): string {
  return words.map(({ text }, place) => (place === at ? word : text)).join(' ')
}

function judge(words: readonly TypedWord[]): WordsVerdict {
  if (words.length === 0) return 'nothing'
  const unknown = words.filter(({ nearest }) => nearest !== undefined)
  const isMost = words.length >= TELLING_WORDS && 2 * unknown.length > words.length
  if (isMost || unknown.some(({ text }) => /[^\p{Script=Latin}\p{M}\p{N}]/u.test(text))) return 'not-english'
  if (unknown.length > 0) return 'unknown-word'
  if (words.length !== 12 && words.length !== 24) return 'wrong-count'
  return validateMnemonic(words.map(({ text }) => text).join(' '), wordlist) ? 'right' : 'wrong-checksum'
}

function splitTyped(text: string): readonly string[] {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\u00AD\u200C-\u200F\u2060\uFEFF]/gu, '')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .map((part) =>
      Array.from(part.replace(/^\p{N}+/u, ''))
        .slice(0, MAX_WORD_LENGTH)
        .join(''),
    )
    .filter((word) => word !== '')
}

/** Returns the three words of the list nearest to `typed`: the one with its first four letters, then by slips, by common beginning, by alphabet. */
function nearestWords(typed: string): readonly string[] {
  const plain = typed.replaceAll(/\p{M}/gu, '')
  const same = byPrefix.get(plain.slice(0, TELLING_LETTERS))
  const best: { readonly word: string; readonly slips: number; readonly shared: number }[] = []
  for (const word of wordlist) {
    const worst = best[NEAREST - 1]?.slips ?? Infinity
    if (Math.abs(word.length - plain.length) > worst) continue
    const slips = word === same ? -1 : slipsBetween(plain, word)
    if (slips > worst) continue
    best.push({ word, slips, shared: sharedLetters(plain, word) })
    // sort keeps the order of equals, and the list is in alphabetical order
    best.sort((a, b) => a.slips - b.slips || b.shared - a.shared)
    best.length = Math.min(best.length, NEAREST)
  }
  return best.map(({ word }) => word)
}

/** Returns the least number of letters added, left out, changed or swapped with the next one. Source: optimal string alignment. */
function slipsBetween(a: string, b: string): number {
  let before: readonly number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1])
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity
      row.push(Math.min(changed, swapped, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    before = above
    above = row
  }
  return above[b.length] ?? 0
}

function sharedLetters(a: string, b: string): number {
  let shared = 0
  while (shared < b.length && a[shared] === b[shared]) shared++
  return shared
}
