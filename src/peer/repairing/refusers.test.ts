import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { refused } from '../../protocol/refusal.ts'
import { blankPerson } from '../people/person.ts'
import { createRefusers } from './refusers.ts'

const MINUTE = 60_000

test('[RPR9] somebody without room is not asked for as large a piece for a while, until it says hello anew', async () => {
  const clock = createVirtualClock()
  const refusers = createRefusers(clock, 15 * MINUTE, 60 * MINUTE)
  const person = blankPerson(peerIdOf(new Uint8Array(32).fill(1)), undefined, clock.now)
  refusers.note(person, 100, refused('BUSY'))
  expect(refusers.mayTake(person, 100)).toBe(true)
  refusers.note(person, 100, refused('FULL'))
  expect([refusers.mayTake(person, 99), refusers.mayTake(person, 100), refusers.mayTake(person, 101)]).toEqual([true, false, false])
  const hello = { engine: '', isPersisted: true, isHolder: true, offer: 1, room: 1, storeEpoch: new Uint8Array(16), clock: 0 }
  person.hello = hello
  expect(refusers.mayTake(person, 100)).toBe(true)
  refusers.note(person, 100, refused('QUOTA'))
  await clock.advance(14 * MINUTE)
  expect(refusers.mayTake(person, 100)).toBe(false)
  await clock.advance(MINUTE)
  expect(refusers.mayTake(person, 100)).toBe(true)
  for (const minutes of [30, 60, 60]) {
    refusers.note(person, 100, refused('FULL'))
    await clock.advance((minutes - 1) * MINUTE)
    expect(refusers.mayTake(person, 100)).toBe(false)
    await clock.advance(MINUTE)
    expect(refusers.mayTake(person, 100)).toBe(true)
  }
})
