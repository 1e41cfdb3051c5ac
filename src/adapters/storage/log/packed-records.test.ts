import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex, type Bytes } from '../../../core/bytes.ts'
import { createPackedRecords } from './packed-records.ts'

describe('packed records', () => {
  it('are those of a map, whatever is put, replaced and deleted, in families or not', () => {
    const key = fc.oneof(
      fc.tuple(fc.nat(80), fc.nat(5)).map(([family, rest]) => `family ${family}/${'é'.repeat(rest)}`),
      fc.nat(9).map((name) => `alone ${name}`),
    )
    const base = fc.uint8Array({ minLength: 200, maxLength: 200 })
    const edited = fc.tuple(fc.constant(new Uint8Array(200).fill(7)), fc.nat(199), fc.nat(255), fc.nat(200)).map(([bytes, at, by, end]) => {
      const value = bytes.slice(0, end)
      if (at < end) value[at] = by
      return value
    })
    const value = fc.option(fc.oneof(base, edited, fc.uint8Array({ maxLength: 3 })), { nil: undefined })
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 400 }), (changes) => {
        const [packed, plain] = [createPackedRecords(), new Map<string, Bytes>()]
        for (const [name, bytes] of changes) {
          if (bytes === undefined && packed.delete(name) !== plain.delete(name)) return false
          if (bytes !== undefined) [packed, plain].forEach((records) => records.set(name, new Uint8Array(bytes)))
        }
        const textOf = (records: Iterable<[string, Bytes]>): string =>
          Array.from(records, ([name, bytes]) => `${name} ${hex(bytes)}`)
            .toSorted()
            .join()
        const isFound = changes.every(([name]) => hex(packed.get(name) ?? new Uint8Array()) === hex(plain.get(name) ?? new Uint8Array()))
        return isFound && textOf(packed) === textOf(plain)
      }),
    )
  })

  it('take little more than what differs, and a value that is handed out is not changed by later ones', () => {
    const packed = createPackedRecords()
    const common = new Uint8Array(200).map((_byte, at) => at)
    const valueOf = (at: number): Bytes => new Uint8Array([...common, ...new Uint8Array(64).fill(at)])
    for (let at = 0; at < 32; at++) packed.set(`group/holder ${at}`, valueOf(at))
    const first = packed.get('group/holder 0')
    for (let family = 0; family < 100; family++) packed.set(`${family}/x`, common)
    // The 64 that differ, and some bytes for the key and the lengths, of 264 and a key.
    expect(packed.bytes()).toBeLessThan(32 * 72 + 200 + 100 * 220)
    packed.set('group/holder 0', common)
    expect([first, packed.get('group/holder 31')]).toEqual([valueOf(0), valueOf(31)])
  })

  it('are found also when more names occur than have a number', () => {
    const packed = createPackedRecords()
    for (let at = 0; at < 5_000; at++) packed.set(`${at % 200}/name ${at}`, Uint8Array.of(at >> 8, at & 255))
    const wrong = Array.from({ length: 5_000 }, (_, at) => at).filter((at) => {
      const [high, low] = packed.get(`${at % 200}/name ${at}`) ?? []
      return high !== at >> 8 || low !== (at & 255)
    })
    expect(wrong).toEqual([])
  })
})
