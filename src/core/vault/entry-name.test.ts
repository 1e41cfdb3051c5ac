import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../errors.ts'
import { utf8Length } from '../utf8-length.ts'
import { distinctNames, entryName, entryNameOf, isEntryName } from './entry-name.ts'

describe('names of entries', () => {
  it('[VLT12] a name is 1 to 255 bytes, NFC, without controls, surrogates and slashes', () => {
    for (const good of ['a', '.bashrc', '...', ' ', 'a\\b', 'ä', '雪', '\u202egpj.exe', 'x'.repeat(255), '💾'.repeat(63)])
      expect([good, isEntryName(good)]).toEqual([good, true])
    for (const bad of [
      '',
      '.',
      '..',
      'a/b',
      '../a',
      'a\n',
      '\u0000',
      '\u007f',
      '\u0085',
      'a\u0308',
      '\ud800',
      '\ufeffa',
      'x'.repeat(256),
      '💾'.repeat(64),
    ])
      expect([bad, isEntryName(bad)]).toEqual([bad, false])
  })

  it('[VLT12] what may not be a name is not written, and not mended by the writer', () => {
    for (const bad of ['', 'a/b', 'a\u0308', '\ud800', '\ufeffa'])
      expect([bad, codeOf(thrownBy(() => entryName.write(bad)))]).toEqual([bad, 'format-invalid'])
  })

  it('[VLT12] every text has a name, its own where that may be, with its ending where it is cut', () => {
    expect(entryNameOf('../a\nb')).toBe('.._a_b')
    expect(entryNameOf('..')).toBe('__')
    expect(entryNameOf('')).toBe('_')
    expect(entryNameOf('a\u0308.txt')).toBe('ä.txt')
    expect(entryNameOf(`${'雪'.repeat(100)}.jpeg`)).toBe(`${'雪'.repeat(83)}.jpeg`)
    const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300, size: 'max' }))
    fc.assert(
      fc.property(anything, (text) => {
        const name = entryNameOf(text)
        return isEntryName(name) && (!isEntryName(text) || name === text) && utf8Length(name) <= 255
      }),
    )
  })

  it('[VLT19] the oldest keeps its name, others get the next number that is nobody’s name', () => {
    const own = new Set(['a.txt', 'a (3).txt', '.x', 'b'])
    const isOwn = (name: string) => own.has(name)
    expect(distinctNames('a.txt', 4, isOwn)).toEqual(['a.txt', 'a (2).txt', 'a (4).txt', 'a (5).txt'])
    expect(distinctNames('.x', 2, isOwn)).toEqual(['.x', '.x (2)'])
    expect(distinctNames('b', 2, isOwn)).toEqual(['b', 'b (2)'])
  })
})

function thrownBy(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
