import { describe, expect, it } from 'vitest'
import { drawn, personToCheck, type Checkable } from './checks.ts'

const HOUR = 3_600_000
const LOST = 48 * HOUR
const person = (peer: string, fields: Partial<Checkable<string>> = {}): Checkable<string> => ({
  peer,
  unproven: 0,
  triedAt: 0,
  hasFailed: false,
  ...fields,
})

describe('checks', () => {
  it('[EVD5] go to people with unproven rows first, then to the oldest evidence', () => {
    const people = [person('old', { triedAt: 1 }), person('new', { unproven: 1, triedAt: 9 }), person('older')]
    expect(personToCheck(people, 10, LOST)).toBe('new')
    expect(personToCheck([person('old', { triedAt: 1 }), person('never', { triedAt: undefined })], 10, LOST)).toBe('never')
    expect(personToCheck([], 10, LOST)).toBeUndefined()
  })

  it('[EVD5] people who refuse do not use up the checks of a day', () => {
    const refuser = person('refuser', { unproven: 5, triedAt: 10 * HOUR, hasFailed: true })
    expect(personToCheck([refuser, person('other', { triedAt: 10 * HOUR })], 15 * HOUR, LOST)).toBe('other')
    expect(personToCheck([refuser], 15 * HOUR, LOST)).toBeUndefined()
    expect(personToCheck([refuser, person('other')], 16 * HOUR, LOST)).toBe('refuser')
  })

  it('[EVD5] the same people in another order are checked in the same order', () => {
    const people = [person('b'), person('a'), person('c')]
    expect(personToCheck(people, 1, LOST)).toBe(personToCheck(people.toReversed(), 1, LOST))
  })

  it('[EVD5] rows and leaves are drawn evenly', () => {
    expect([0, 0.24, 0.25, 0.99].map((draw) => drawn(4, draw))).toEqual([0, 0, 1, 3])
    expect(drawn(3, 1 - Number.EPSILON / 2)).toBe(2)
  })
})
