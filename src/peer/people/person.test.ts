import { expect, test } from 'vitest'
import type { PeerId } from '../../core/ids.ts'
import { blankPerson } from './person.ts'

test('a person tells of each change by which it comes to be near or ceases to be, and of no other one', () => {
  let [now, moves] = [0, 0]
  const person = blankPerson(
    'ada' as PeerId,
    { metAt: 5, lies: 0 },
    () => now,
    () => moves++,
  )
  const seen = () => [person.isNear, person.isHere, person.lies, moves]
  person.isNear = false
  person.restsUntil = 10
  expect(seen()).toEqual([false, true, 0, 0])
  person.isNear = true
  person.isNear = true
  expect(seen()).toEqual([true, true, 0, 1])
  now = 10
  person.isNear = false
  expect(seen()).toEqual([false, false, 0, 2])
  person.lies++
  expect(seen()).toEqual([false, false, 1, 3])
})
