import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HoardError } from './errors.ts'
import { MAX_LINK_TEXT, readLink } from './link-text.ts'
import { isKeptWhole, linkFragment, parseLinkFragment } from './link.ts'
import fragments from './vectors/link-fragment.json'
import { codeThrownBy, plain } from './vectors/hostile-bytes.rig.ts'
import texts from './vectors/link-text.json'

const good = fragments.valid[0]?.fragment ?? ''

describe('a link as people send it', () => {
  it.each(texts.whole)('[LNK7] opens with $name', ({ text, fragment }) => {
    expect(plain(readLink(text))).toEqual(plain(parseLinkFragment(fragment)))
  })

  it.each(texts.malformed)('[LNK7] is said to be malformed: $name', ({ text, reason }) => {
    const thrown = (() => {
      try {
        return readLink(text)
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toMatchObject({ code: 'link-malformed', facts: { reason } })
    expect(thrown).toBeInstanceOf(HoardError)
  })

  it('[LNK4] is called one of a newer app only with a checksum that says so', () => {
    const newer = fragments.invalid.filter(({ error }) => error === 'format-unknown')
    for (const { fragment } of newer)
      expect(codeThrownBy(() => readLink(`https://hoard.example.org/s/#${fragment}`))).toBe('format-unknown')
    const rubbish = fc.stringMatching(/^[\w-]{1,300}$/)
    fc.assert(fc.property(rubbish, (text) => codeThrownBy(() => readLink(`https://hoard.example.org/s/#${text}`)) === 'link-malformed'))
  })

  it('[LNK7] is found wherever it stands, and nothing else is taken for one', () => {
    const around = fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !/[\w%&#\\-]/.test(text.normalize('NFKC')))
    fc.assert(fc.property(around, around, (before, after) => linkFragment(readLink(before + good + after)) === good))
    fc.assert(fc.property(fc.string({ maxLength: 2000 }), (text) => codeThrownBy(() => readLink(text)) === 'link-malformed'))
  })

  it('[LNK7] costs no more than its bound, whatever the text', () => {
    for (const text of ['AQ', '%25', '&#38;', 'A'.repeat(91) + ' ', '%2541Q', '\u2013']) {
      expect(codeThrownBy(() => readLink(text.repeat(200_000 / text.length)))).toBe('link-malformed')
    }
    expect(linkFragment(readLink(' '.repeat(MAX_LINK_TEXT - good.length) + good))).toBe(good)
    expect(codeThrownBy(() => readLink(' '.repeat(MAX_LINK_TEXT) + good))).toBe('link-malformed')
  })

  it('[LNK6] a fragment ends in a letter or digit, else a mark may be left out', () => {
    expect(['A', '9', 'z', '-', '_'].map((end) => isKeptWhole(good.slice(0, -1) + end))).toEqual([true, true, true, false, false])
  })
})
