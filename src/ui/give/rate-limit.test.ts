import { expect, test } from 'vitest'
import { readLimit, sayLimit } from './rate-limit.ts'

test.each<readonly [text: string, limit: number | undefined]>([
  ['', 0],
  ['  ', 0],
  ['1.5', 1_500_000],
  ['0,25', 250_000],
  ['0.001', 50_000],
  ['99999999', 0],
  ['0', undefined],
  ['-3', undefined],
  ['fast', undefined],
])('a field that says "%s" is a limit of %s bytes per second', (text, limit) => {
  expect(readLimit(text)).toBe(limit)
})

test('a limit is said as it was typed', () => {
  for (const text of ['', '0.05', '0.25', '1.5', '12', '125']) expect(sayLimit(readLimit(text) ?? Number.NaN)).toBe(text)
})
