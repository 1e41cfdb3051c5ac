import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { brandBytes, type GroupId, type PeerId } from '../../core/ids.ts'
import { labelledHash } from '../../core/labels.ts'
import { createReturnedGroups } from './returned-groups.ts'

const ada = 'ada' as PeerId
const bob = 'bob' as PeerId
const groupOf = (at: number) => brandBytes<GroupId>(labelledHash('test-group', Uint8Array.of(at >> 8, at & 255)))

test('[SYN6] a returned group is served once it was compared, or 30 s after its turn', async () => {
  const clock = createVirtualClock()
  const returned = createReturnedGroups(clock, () => [ada, bob])
  const [compared, silent, other] = [groupOf(0), groupOf(1), groupOf(2)]
  returned.begin([compared, silent])
  const servable = () => [compared, silent, other].map(returned.isServable)
  expect(servable()).toEqual([false, false, true])
  returned.noteCompared([compared])
  expect(servable()).toEqual([true, false, true])
  await clock.advance(29_999)
  expect(servable()).toEqual([true, false, true])
  await clock.advance(1)
  expect(servable()).toEqual([true, true, true])
  expect(returned.due()).toEqual([silent])
  expect([compared, silent].map(returned.speaksFor)).toEqual([true, false])
})

test('[SYN6] the turns of 20,000 groups are spread over ten minutes', async () => {
  const clock = createVirtualClock()
  const returned = createReturnedGroups(clock, () => [ada, bob])
  returned.begin(Array.from({ length: 20_000 }, (_, at) => groupOf(at)))
  const due: number[] = []
  for (let minute = 0; minute <= 10; minute++) {
    due.push(returned.due().length)
    await clock.advance(60_000)
  }
  expect(due[0]).toBe(256)
  const steps = due.slice(1).map((count, at) => count - (due[at] ?? 0))
  expect(Math.max(...steps)).toBeLessThan(2_600)
  expect(due.at(-1)).toBe(20_000)
})

test('[SYN6] a group is served once each of its co-holders has said that it knows no more, and is asked about all the same', () => {
  const returned = createReturnedGroups(createVirtualClock(), () => [ada, bob])
  returned.begin([groupOf(0)])
  returned.noteUnknown(ada, [groupOf(0)])
  expect(returned.isServable(groupOf(0))).toBe(false)
  returned.noteUnknown(bob, [groupOf(0)])
  expect([returned.isServable(groupOf(0)), returned.due().length]).toEqual([true, 1])
})
