import fc from 'fast-check'
import { expect, it } from 'vitest'
import { utf8 } from './bytes.ts'
import { utf8Length } from './utf8-length.ts'

it('the length of a text in UTF-8 is that of its bytes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => utf8Length(text) === utf8(text).length))
  expect(utf8Length('a\ud800é研👋')).toBe(utf8('a\ud800é研👋').length)
})
