import { expect, test } from 'vitest'
import { createMemoryNetwork } from '../../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { createIdleLines } from './idle-lines.ts'
import { createMeeting, type MeetParts } from './meet-people.ts'
import { blankPerson } from './person.ts'
import { createRests } from './rests.ts'

const nameOf = (seed: number) => peerIdOf(new Uint8Array(32).fill(seed))

/** A meeting with one person who is named and never answers, and two with room. */
function meeting(greet: MeetParts['greet']) {
  const clock = createVirtualClock()
  const counts = { asks: 0 }
  const meets = createMeeting({
    clock,
    all: () => [blankPerson(nameOf(1), undefined, clock.now)],
    withRoom: () => [2, 3].map((seed) => blankPerson(nameOf(seed), undefined, clock.now)),
    ask: () => clock.wait(20).then(() => (counts.asks++, 0)),
    greet,
    makeRoom: async () => undefined,
    closing: new AbortController().signal,
  })
  return { clock, meets, counts }
}

test('[PEE4] a store that stops waiting for a survey does not end it for another', async () => {
  const { clock, meets } = meeting(() => new Promise(() => undefined))
  const reason = new Error('the person paused the first file')
  const [first, second] = [new AbortController(), new AbortController()]
  const left = expect(meets.survey([3], first.signal)).rejects.toBe(reason)
  let isOver = false
  void meets.survey([3], second.signal).then(
    () => (isOver = true),
    () => (isOver = true),
  )
  await clock.advance(50)
  first.abort(reason)
  await left
  expect(isOver).toBe(false)
})

test('[PEE4] somebody who does not answer is greeted once a survey, and introducers are not asked without end', async () => {
  let greetings = 0
  const { clock, meets, counts } = meeting(async () => void greetings++)
  const over = meets.survey([3, 20], new AbortController().signal)
  await clock.advance(1_000)
  await over
  expect([greetings, counts.asks]).toEqual([1, 3])
})

test('[USE3] a line that comes into use while others are told to rest stays', async () => {
  const clock = createVirtualClock()
  const closing = new AbortController()
  const open = new Set(Array.from({ length: 40 }, (_, at) => nameOf(at + 1)))
  let usedAt = 0
  const idle = createIdleLines({
    self: nameOf(100),
    neighbours: 12,
    clock,
    lines: () => [...open],
    hops: () => [],
    groupsWith: () => 0,
    partners: () => [],
    dial: async () => undefined,
    draw: () => 0,
    usedAt: () => usedAt,
    rest: async (peer) => {
      await clock.wait(10_000)
      open.delete(peer)
    },
  })
  idle.run(closing.signal).catch(() => undefined)
  await clock.advance(301_000)
  usedAt = clock.ran()
  await clock.advance(80_000)
  closing.abort()
  // The one that was being told by then.
  expect(open.size).toBeGreaterThanOrEqual(39)
})

test('[HEL4] ten thousand rests of one person are one wait', () => {
  const clock = createVirtualClock()
  const person = blankPerson(nameOf(1), undefined, clock.now)
  const network = createMemoryNetwork().join(nameOf(2)).network
  const options = { of: () => person, hereMs: 1_000, usedAt: () => 0, onOver: () => undefined }
  const rests = createRests({ network, clock }, options, new AbortController().signal)
  for (let time = 0; time < 10_000; time++) rests.note(person.peer)
  expect(clock.waiting()).toBe(1)
})
