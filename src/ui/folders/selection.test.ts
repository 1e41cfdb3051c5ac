import { expect, it } from 'vitest'
import { everything, extendedTo, nothingSelected, toggled } from './selection.ts'

const order = ['a', 'b', 'c', 'd', 'e']
const idsOf = ({ ids }: { readonly ids: ReadonlySet<string> }) => [...ids].join('')

it('a row is added to the selection and taken out again', () => {
  const two = toggled(toggled(nothingSelected, 'b'), 'd')
  expect([idsOf(two), idsOf(toggled(two, 'b'))]).toEqual(['bd', 'd'])
})

it('a range goes from the row that was pressed last, in both directions, and shrinks again', () => {
  const from = toggled(nothingSelected, 'c')
  const wide = extendedTo(from, 'e', order)
  expect([idsOf(wide), idsOf(extendedTo(wide, 'd', order)), idsOf(extendedTo(wide, 'a', order))]).toEqual(['cde', 'cd', 'abc'])
})

it('a range without a pressed row, or with one that is not shown any more, goes from the row that has the focus', () => {
  expect(idsOf(extendedTo(nothingSelected, 'c', order, 'b'))).toBe('bc')
  expect(idsOf(extendedTo(toggled(nothingSelected, 'gone'), 'c', order, 'd'))).toBe('cd')
  expect(idsOf(everything(nothingSelected, order))).toBe('abcde')
})
