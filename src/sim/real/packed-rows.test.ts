import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPackedRows } from './packed-rows.ts'

test('rows are those of a plain map, in its order, whatever was put and deleted before', () => {
  const change = fc.record({ key: fc.nat(20).map(String), value: fc.option(fc.uint8Array({ maxLength: 3_000 })) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const [packed, plain] = [createPackedRows(), new Map<string, Uint8Array>()]
      for (const { key, value } of changes) {
        if (value === null) expect(packed.delete(key)).toBe(plain.delete(key))
        else {
          const given = value.slice()
          packed.put(key, given)
          given.fill(1)
          plain.set(key, value)
        }
      }
      expect([...packed.keys()]).toEqual([...plain.keys()])
      for (const [key, value] of plain) expect(packed.get(key)).toEqual(value)
    }),
    { numRuns: 200 },
  )
})
