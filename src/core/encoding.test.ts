import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, hex } from './bytes.ts'
import { bytesOf, bytesUpTo, flag, listOf, nullable, objectFormat, optional, record, text, tuple, uint } from './encoding.ts'
import { checkWellFormed, MAX_DEPTH } from './well-formed.ts'
import { codeOf } from './errors.ts'

const inner = record({ a: uint(), b: optional(text(20)) })
const format = objectFormat('sample', 4096, {
  number: uint(),
  id: bytesOf(4),
  name: text(40),
  isOn: flag,
  list: listOf(inner, { max: 5 }),
  pair: tuple<[number, boolean]>(uint(9), flag),
  maybe: nullable(uint(7)),
  blob: optional(bytesUpTo(100)),
})

const wellFormedText = (max: number) => fc.string({ unit: 'binary', maxLength: max }).filter((name) => !name.startsWith('\ufeff'))
const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength }).map((array) => new Uint8Array(array))
const sample = fc.record(
  {
    number: fc.maxSafeNat(),
    id: bytes(4),
    name: wellFormedText(10),
    isOn: fc.boolean(),
    list: fc.array(fc.record({ a: fc.maxSafeNat(), b: wellFormedText(5) }, { requiredKeys: ['a'] }), { maxLength: 5 }),
    pair: fc.tuple(fc.nat(9), fc.boolean()),
    maybe: fc.option(fc.nat(7)),
    blob: bytes(0, 100),
  },
  { requiredKeys: ['number', 'id', 'name', 'isOn', 'list', 'pair', 'maybe'] },
)

function codeOfDecoding(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown = format.decode): string | undefined {
  try {
    decode(bytes)
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}

describe('encoding', () => {
  it('[ENC2] decodes what it encoded to the same value', () => {
    fc.assert(
      fc.property(sample, (value) => {
        expect(format.decode(format.encode(value))).toEqual(value)
      }),
    )
  })

  it('[ENC1] begins with the version byte and numbers the keys from 1 in the order of the fields, absent ones left out', () => {
    const pairs = objectFormat('pairs', 64, { first: uint(), second: optional(uint()), third: text(9) })
    expect(hex(pairs.encode({ first: 24, third: 'a' }))).toBe('01a2' + '011818' + '036161')
  })

  it('[ENC1] tells another version from a damaged object', () => {
    const good = format.encode({ number: 1, id: new Uint8Array(4), name: '', isOn: true, list: [], pair: [1, true], maybe: null })
    good[0] = 2
    expect(codeOfDecoding(good)).toBe('format-unknown')
    expect(codeOfDecoding(new Uint8Array())).toBe('format-invalid')
    expect(codeOfDecoding(Uint8Array.of(1))).toBe('format-invalid')
  })

  const tiny = objectFormat('tiny', 200, { a: uint(), b: optional(text(9)), c: optional(flag), d: optional(listOf(uint(), { max: 3 })) })
  it.each([
    ['a longer integer than needed', '01a1011801'],
    ['a 16-bit integer that fits 8', '01a1011900ff'],
    ['a 64-bit integer that fits 32', '01a1011b00000000ffffffff'],
    ['an integer of 2^53', '01a1011b0020000000000000'],
    ['a negative integer', '01a10120'],
    ['a half float', '01a101f93c00'],
    ['a double', '01a101fb3ff0000000000000'],
    ['undefined', '01a101f7'],
    ['a tag', '01a101c101'],
    ['a map without definite length', '01bf0101ff'],
    ['a list without definite length', '01a2010104' + '9f01ff'],
    ['a text in pieces', '01a20101027f6161ff'],
    ['a missing key', '01a1026161'],
    ['an unknown key', '01a201010501'],
    ['a text key', '01a1616101'],
    ['unsorted keys', '01a202616101' + '01'],
    ['a repeated key', '01a201010101'],
    ['a longer key than needed', '01a1180101'],
    ['text that is not UTF-8', '01a2010102' + '61ff'],
    ['a surrogate in UTF-8', '01a2010102' + '63eda080'],
    ['a list where a map belongs', '018101'],
    ['bytes after the end', '01a1010100'],
    ['two objects', '01a10101a10101'],
    ['a cut text', '01a20101026261'],
    ['a list of 2^32 items', '01a20101049affffffff'],
    ['a byte string of 2^52 bytes', '01a20101025b0010000000000000'],
    ['a map of 2^52 pairs', '01bb0010000000000000'],
    ['too many items', '01a201010484' + '01020304'],
    ['a number where a flag belongs', '01a201010301'],
    ['null for an absent field', '01a2010102f6'],
  ])('[ENC3] refuses %s', (_name, text) => {
    expect(codeOfDecoding(fromHex(text), tiny.decode)).toBe('format-invalid')
  })

  it('[ENC7] writes any name that a file may have so that it can be read again', () => {
    const names = objectFormat('names', 200, { name: text(100) })
    const kept = (name: string) => names.decode(names.encode({ name })).name
    expect(kept('\ufeffnotes.txt')).toBe('notes.txt')
    expect(kept('\ufeff\ufeffnotes \ufeff.txt')).toBe('notes \ufeff.txt')
    expect(kept('half \ud83d and \udcc4 halves')).toBe('half \ufffd and \ufffd halves')
    expect(kept('whole \u{1f4c4} e\u0301')).toBe('whole \u{1f4c4} e\u0301')
    const marked = concatBytes(Uint8Array.of(1, 0xa1, 1, 0x64, 0xef, 0xbb, 0xbf, 0x61))
    expect(codeOfDecoding(marked, names.decode)).toBe('format-invalid')
    fc.assert(
      fc.property(
        fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 30 }),
        (name) => kept(name) === kept(kept(name)),
      ),
    )
  })

  it('[ENC4] lets lists and maps lie 8 deep and refuses the ninth before it decodes', () => {
    const lists = (depth: number) => concatBytes(new Uint8Array(depth).fill(0x81), Uint8Array.of(1))
    const maps = (depth: number) => concatBytes(...Array.from({ length: depth }, () => Uint8Array.of(0xa1, 1)), Uint8Array.of(1))
    for (const nested of [lists, maps]) {
      expect(() => checkWellFormed(nested(MAX_DEPTH), 0)).not.toThrow()
      expect(() => checkWellFormed(nested(MAX_DEPTH + 1), 0)).toThrow(/too deep/)
      expect(() => checkWellFormed(nested(3000), 0)).toThrow(/too deep/)
    }
    // Depth counts the lists and maps around an item, not the items before it.
    expect(() => checkWellFormed(concatBytes(Uint8Array.of(0x89), new Uint8Array(9).fill(0x80)), 0)).not.toThrow()
  })

  it('[ENC4] refuses anything longer than the format allows', () => {
    const long = concatBytes(Uint8Array.of(1), new Uint8Array(300))
    expect(codeOfDecoding(long, tiny.decode)).toBe('format-invalid')
    const blobs = objectFormat('blobs', 20, { blob: bytesUpTo(100) })
    expect(() => blobs.encode({ blob: new Uint8Array(30) })).toThrow(/longer than 20/)
  })

  it('[ENC5] accepts no hostile edit that is not the encoding of what it returns', () => {
    fc.assert(
      fc.property(sample, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 100, maxLength: 100 }), (value, edits) => {
        const good = format.encode(value)
        return edits.every(([at, byte]) => {
          const bad = new Uint8Array(good)
          bad[at % bad.length] = byte
          try {
            return hex(format.encode(format.decode(bad))) === hex(bad)
          } catch (error) {
            return codeOf(error) === 'format-invalid' || codeOf(error) === 'format-unknown'
          }
        })
      }),
      { numRuns: 1000 },
    )
  })
})
