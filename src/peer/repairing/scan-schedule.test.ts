import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { brandBytes, type GroupId } from '../../core/ids.ts'
import { createScanSchedule } from './scan-schedule.ts'

const HOUR = 3_600_000
const groupNumber = (number: number): GroupId => brandBytes<GroupId>(new Uint8Array(32).fill(number))

function desk(count: number) {
  const clock = createVirtualClock()
  const groups = Array.from({ length: count }, (_, at) => groupNumber(at + 1))
  const schedule = createScanSchedule(clock, 6 * HOUR, () => groups)
  const take = (most = 1_000): readonly number[] => schedule.take(most).map((groupId) => groupId[0] ?? 0)
  return { clock, groups, schedule, take }
}

test('[RPR2] every group is looked at once in a period, spread over it', async () => {
  const { clock, schedule, take } = desk(50)
  const times: number[] = []
  const seen: number[] = []
  for (let ms = 0; ms < 12 * HOUR;) {
    const rest = schedule.restMs()
    ms += rest
    await clock.advance(rest)
    const due = take()
    seen.push(...due)
    times.push(...due.map(() => clock.ran()))
  }
  expect(seen.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
  expect(seen.filter((group) => group === 1)).toHaveLength(2)
  const gaps = times.slice(1, 50).map((at, place) => at - (times[place] ?? 0))
  expect(Math.max(...gaps)).toBeLessThan(HOUR / 5)
})

test('[RPR2] a group of which something is heard is looked at a moment later, once', async () => {
  const { clock, schedule, take } = desk(3)
  for (let time = 0; time < 10; time++) schedule.soon(groupNumber(7))
  expect(take()).toEqual([])
  expect(schedule.restMs()).toBe(2_000)
  await clock.advance(2_000)
  expect([take(), take()]).toEqual([[7], []])
})

test('[RPR2] what was due while the device slept is due once when it wakes, and no wrong date stops the scans', async () => {
  const { clock, schedule, take } = desk(10)
  clock.sleep(30 * HOUR)
  expect(take()).toHaveLength(10)
  expect(take()).toEqual([])
  clock.sleep(-400 * 24 * HOUR)
  expect(take()).toEqual([])
  await clock.advance(6 * HOUR)
  expect(take().length).toBeGreaterThan(8)
  expect(schedule.restMs()).toBeGreaterThan(0)
})

test('[RPR2] no more groups than asked for are looked at together', async () => {
  const { clock, schedule, take } = desk(10)
  clock.sleep(6 * HOUR - 1)
  expect([take(4).length, schedule.restMs(), take(4).length, take(4).length]).toEqual([4, 0, 4, 2])
})
