import fc from 'fast-check'
import { expect, test } from 'vitest'
import { liveParts, MAX_PACK_BYTES, packCare, planPacks, SMALL_FILE_BYTES } from './pack.ts'

const someSizes = fc.array(fc.oneof(fc.nat(SMALL_FILE_BYTES + 2), fc.nat(3)), { maxLength: 60 })

test('[PCK1] one small file of a drop stays by itself, whatever large ones are dropped with it', () => {
  expect(planPacks([])).toEqual([])
  expect(planPacks([SMALL_FILE_BYTES - 1])).toEqual([])
  expect(planPacks([SMALL_FILE_BYTES, 5, 2 * SMALL_FILE_BYTES])).toEqual([])
})

test('[PCK1] small files lie one after the other in the order of the drop, large ones left out', () => {
  expect(planPacks([3, SMALL_FILE_BYTES, 0, SMALL_FILE_BYTES - 1])).toEqual([
    {
      size: SMALL_FILE_BYTES + 2,
      members: [
        { at: 0, offset: 0, length: 3 },
        { at: 2, offset: 3, length: 0 },
        { at: 3, offset: 3, length: SMALL_FILE_BYTES - 1 },
      ],
    },
  ])
})

test('[PCK2] a pack is filled to its last byte, and what does not fit begins the next', () => {
  const half = MAX_PACK_BYTES / 28
  expect(planPacks(Array.from({ length: 30 }, () => half)).map(({ size, members }) => [size, members.length])).toEqual([
    [MAX_PACK_BYTES, 28],
    [2 * half, 2],
  ])
  expect(planPacks(Array.from({ length: 29 }, () => half)).map(({ members }) => members.length)).toEqual([28])
})

test('[PCK1] [PCK2] packs hold every file at most once, without gaps, none of them large, none alone', () => {
  fc.assert(
    fc.property(someSizes, (sizes) => {
      const plans = planPacks(sizes)
      const packed = plans.flatMap(({ members }) => members.map(({ at }) => at))
      const left = sizes.filter((size, at) => size < SMALL_FILE_BYTES && !packed.includes(at))
      const isTight = plans.every(({ size, members }) => {
        let end = 0
        return (
          size <= MAX_PACK_BYTES &&
          members.length > 1 &&
          members.every(({ at, offset, length }) => offset === end && length === sizes[at] && (end += length) <= size) &&
          end === size
        )
      })
      return (
        isTight &&
        left.length <= 1 &&
        packed.every((at, place) => at > (packed[place - 1] ?? -1) && (sizes[at] ?? Infinity) < SMALL_FILE_BYTES)
      )
    }),
  )
})

test('[PCK3] a pack is kept while half of it is live, rewritten below that, and ends with its last file', () => {
  expect(packCare(10, [{ offset: 0, length: 5 }])).toBe('keep')
  expect(packCare(10, [{ offset: 6, length: 4 }])).toBe('rewrite')
  expect(packCare(10, [])).toBe('end')
  expect(packCare(0, [{ offset: 0, length: 0 }])).toBe('keep')
  expect(() => packCare(10, [{ offset: 0, length: 11 }])).toThrow('broken invariant')
})

test('[PCK6] what is named twice counts once, and the parts are in order and apart', () => {
  const somePlaces = fc.array(fc.record({ offset: fc.nat(60), size: fc.nat(12) }), { maxLength: 12 })
  fc.assert(
    fc.property(somePlaces, (places) => {
      const parts = liveParts(places)
      const named = new Set(places.flatMap(({ offset, size }) => Array.from({ length: size }, (_none, at) => offset + at)))
      const isApart = parts.every(({ offset }, at) => at === 0 || offset > (parts[at - 1]?.offset ?? 0) + (parts[at - 1]?.length ?? 0))
      const isAround = places.every(({ offset, size }) =>
        parts.some((part) => part.offset <= offset && offset + size <= part.offset + part.length),
      )
      return isApart && isAround && parts.reduce((sum, { length }) => sum + length, 0) === named.size
    }),
  )
})
