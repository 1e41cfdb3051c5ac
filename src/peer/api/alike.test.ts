import { expect, test } from 'vitest'
import { isAlike } from './alike.ts'

test('plain values are alike when all they are made of is the same, in any order', () => {
  const file = { name: 'a', meter: { value: 3, pieces: ['kept', 'none'] }, progress: undefined }
  expect(isAlike(file, structuredClone(file))).toBe(true)
  expect(isAlike({ a: 1, b: NaN }, { b: NaN, a: 1 })).toBe(true)
  for (const other of [
    { ...file, name: 'b' },
    { ...file, meter: { value: 3, pieces: ['kept'] } },
    { ...file, meter: { value: 3, pieces: ['none', 'kept'] } },
    { ...file, linkPath: '/s/' },
    undefined,
    null,
    'a',
  ]) {
    expect(isAlike(file, other)).toBe(false)
    expect(isAlike(other, file)).toBe(false)
  }
})

test('functions are alike only when they are one', () => {
  const act = () => undefined
  expect(isAlike({ act }, { act })).toBe(true)
  expect(isAlike({ act }, { act: () => undefined })).toBe(false)
})
