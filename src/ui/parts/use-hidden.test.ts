import { expect, test } from 'vitest'
import { stillThere } from './use-hidden.ts'

test('a row that has gone is hidden no more, so that it is shown when another device brings it back', () => {
  const hidden = new Set(['a', 'b'])
  expect(stillThere(hidden, [[{ id: 'a' }, { id: 'c' }], [{ id: 'b' }]])).toBe(hidden)
  expect([...stillThere(hidden, [[{ id: 'c' }], [{ id: 'b' }]])]).toEqual(['b'])
  expect([...stillThere(hidden, [[], []])]).toEqual([])
})
