import fc from 'fast-check'
import { expect, test } from 'vitest'
import { padmeLength } from './padding.ts'
import { MAX_FILE_BYTES, MIN_PADDED_BYTES } from './sizes.ts'
import vectors from './vectors/lengths.json' with { type: 'json' }

const anySize = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: MAX_FILE_BYTES }))

/** The rule as SPEC PAD1 writes it, in integers without bounds. */
function padmeByRule(size: number): number {
  if (size <= MIN_PADDED_BYTES) return MIN_PADDED_BYTES
  const exponent = BigInt(size).toString(2).length - 1
  const step = 1n << BigInt(exponent - exponent.toString(2).length)
  return Number(((BigInt(size) + step - 1n) / step) * step)
}

test.each(vectors.valid)('[PAD1] $size bytes pad to $padded', ({ size, padded }) => {
  expect(padmeLength(size)).toBe(padded)
})

test.each(vectors.invalid)('[SIZ3] $size is no file size', ({ size }) => {
  expect(() => padmeLength(size)).toThrow('broken invariant')
})

test('[PAD1] padding follows the rule in whole numbers for every size', () => {
  fc.assert(
    fc.property(anySize, (size) => padmeLength(size) === padmeByRule(size)),
    { numRuns: 20_000 },
  )
})

test('[PAD1] powers of two and their neighbours follow the rule', () => {
  for (let exponent = 0; exponent <= 46; exponent++) {
    for (const size of [2 ** exponent - 1, 2 ** exponent, 2 ** exponent + 1].filter((near) => near <= MAX_FILE_BYTES)) {
      expect(padmeLength(size)).toBe(padmeByRule(size))
    }
  }
})

test('[PAD2] a padded length pads to itself and costs less than a sixteenth', () => {
  fc.assert(
    fc.property(anySize, (size) => {
      const padded = padmeLength(size)
      return padmeLength(padded) === padded && padded >= size && (padded === MIN_PADDED_BYTES || padded < size * 1.0625)
    }),
    { numRuns: 20_000 },
  )
})
