import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from './bytes.ts'
import { foldedName, isolated, savedName, shownFolder, shownName } from './file-name.ts'
import vectors from './vectors/file-names.json'

const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        '\u202e',
        '\u2066',
        '\u200f',
        '\u0000',
        '\n',
        '\u2028',
        '.',
        ' ',
        '\u00a0',
        '/',
        '\\',
        'CON',
        'e\u0301',
        '\u05d0',
        '\ud800',
      ),
      {
        maxLength: 40,
      },
    )
    .map((parts) => parts.join('')),
)
const acts = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\ufeff\u00ad]|\p{Surrogate}/u

describe('names that strangers made', () => {
  it.each(vectors.names)('[FNM1] [FNM2] $about', ({ name, shown, saved }) => {
    expect(shownName(name)).toBe(shown)
    expect(savedName(name)).toBe(saved)
  })

  it('[FNM1] are shown on one line, in their order, and never as nothing', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const shown = shownName(name)
        return !acts.test(shown) && shown === shown.trim() && shown !== '' && Array.from(shown).length <= 255 && shownName(shown) === shown
      }),
    )
  })

  it('[FNM2] are saved under a name that every system takes as one name of a file', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const saved = savedName(name)
        const isPlain = !acts.test(saved) && !/[/\\:*?"<>|]|[. ]$/.test(saved) && saved !== ''
        const isDevice = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i.test(saved)
        return isPlain && !isDevice && utf8(saved).length <= 201 && savedName(saved) === saved
      }),
    )
  })

  it('[FNM1] have no half characters', () => {
    expect([shownName('a\ud83db.txt'), savedName('a\ud83db.txt')]).toEqual(['a\ufffdb.txt', 'a\ufffdb.txt'])
  })

  it('[FNM1] are set apart from a sentence only where they could turn it around', () => {
    expect(isolated('notes.txt')).toBe('notes.txt')
    expect(isolated('\u05d0\u05d1.txt')).toBe('\u2068\u05d0\u05d1.txt\u2069')
    expect(shownFolder('')).toBe('')
    expect(shownFolder('a\u202eb/c\nd')).toBe('ab/c d')
  })

  it.each(vectors.alike)('[FNM3] $a and $b are found by the same search', ({ a, b }) => {
    expect(foldedName(a)).toBe(foldedName(b))
  })

  it('[FNM3] other names are not', () => {
    for (const [a, b] of [
      ['a', 'b'],
      ['\u304b', '\u304c'],
      ['\u0915\u093f', '\u0915\u0940'],
    ] as const) {
      expect(foldedName(a)).not.toBe(foldedName(b))
    }
  })
})
