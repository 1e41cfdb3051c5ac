import fc from 'fast-check'
import { expect, it } from 'vitest'
import { threePlaces } from './three-places.ts'

it('asks for three different words in their order, and for each of the twelve about as often', () => {
  fc.assert(
    fc.property(fc.constantFrom(12, 24), fc.nat(), (count, seed) => {
      const places = threePlaces(count, seed)
      return new Set(places).size === 3 && places.every((at, i) => at >= 0 && at < count && at > (places[i - 1] ?? -1))
    }),
  )
  const asked = Array.from({ length: 12 }, () => 0)
  for (let seed = 1_790_000_000_000; seed < 1_790_000_004_000; seed++) {
    for (const at of threePlaces(12, seed)) asked[at] = (asked[at] ?? 0) + 1
  }
  expect(Math.min(...asked)).toBeGreaterThan(800)
  expect(Math.max(...asked)).toBeLessThan(1_200)
})
