import { expect, test } from 'vitest'
import { createRunningClock } from './running-clock.ts'

/** A process on a machine: `run` lets it live, `stop` passes time without it, and rings that were due meanwhile come late. */
function openMachine({ isMonotonicAsleep = false } = {}) {
  let date = Date.UTC(2026, 0, 1)
  let monotonic = 0
  let ringAt = Infinity
  let rings = 0
  const clock = createRunningClock({
    date: () => date,
    monotonic: () => monotonic,
    callIn: (ms) => (ringAt = monotonic + ms),
  })
  const settle = () => new Promise((resolve) => setTimeout(resolve))
  async function ringIfDue(): Promise<void> {
    if (ringAt > monotonic) return
    ringAt = Infinity
    rings++
    clock.ring()
    await settle()
  }
  async function run(ms: number): Promise<void> {
    await ringIfDue()
    for (let left = ms; left > 0;) {
      const step = Math.min(left, Math.max(1, ringAt - monotonic))
      date += step
      monotonic += step
      left -= step
      await ringIfDue()
    }
  }
  function stop(ms: number): void {
    date += ms
    if (!isMonotonicAsleep) monotonic += ms
  }
  function wait(ms: number) {
    const state = { isOver: false }
    void clock.wait(ms).then(() => (state.isOver = true))
    return state
  }
  return { clock, run, stop, wait, rings: () => rings, moveDate: (ms: number) => (date += ms) }
}

test('[WIR5] a wait ends after its time when the process runs, none before', async () => {
  const { run, wait } = openMachine()
  const [short, long] = [wait(30), wait(10_000)]
  await run(29)
  expect([short.isOver, long.isOver]).toEqual([false, false])
  await run(1)
  expect([short.isOver, long.isOver]).toEqual([true, false])
  await run(9_970)
  expect(long.isOver).toBe(true)
})

test('[WIR5] time for which the process was stopped is no waiting time, whoever asks first after it', async () => {
  for (const isAskedFirst of [true, false]) {
    const { clock, run, stop, wait } = openMachine()
    const waiting = wait(10_000)
    const before = clock.ran()
    await run(2_000)
    stop(45_000)
    if (isAskedFirst) expect(clock.ran() - before).toBeLessThan(4_000)
    await run(7_000)
    expect(waiting.isOver).toBe(false)
    await run(4_000)
    expect(waiting.isOver).toBe(true)
    const ran = clock.ran() - before
    expect(ran >= 13_000 && ran <= 14_000).toBe(true)
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBe(58_000)
  }
})

test('[WIR5] a wait that was nearly over when the process stopped is renewed, so that what came meanwhile is heard first', async () => {
  const { run, stop, wait } = openMachine()
  const [short, long] = [wait(500), wait(60_000)]
  await run(400)
  stop(45_000)
  await run(400)
  expect(short.isOver).toBe(false)
  await run(200)
  expect(short.isOver).toBe(true)
  await run(58_500)
  expect(long.isOver).toBe(false)
  await run(600)
  expect(long.isOver).toBe(true)
})

test('[WIR5] a process that is stopped again and again renews a wait once', async () => {
  const { run, stop, wait } = openMachine()
  const waiting = wait(10_000)
  for (let each = 0; each < 3; each++) {
    await run(4_000)
    expect(waiting.isOver).toBe(false)
    stop(20_000)
  }
  await run(4_000)
  expect(waiting.isOver).toBe(true)
})

test('[WIR5] a listener is told once of each stop, also where the monotonic scale slept along, and of none while the process runs', async () => {
  for (const isMonotonicAsleep of [false, true]) {
    const { clock, run, stop, wait } = openMachine({ isMonotonicAsleep })
    let gaps = 0
    const unwatch = clock.watchGaps(() => gaps++)
    wait(1e9)
    await run(30_000)
    expect(gaps).toBe(0)
    stop(45_000)
    await run(5_000)
    expect(gaps).toBe(1)
    stop(3_600_000)
    await run(5_000)
    expect(gaps).toBe(2)
    unwatch()
    stop(45_000)
    await run(5_000)
    expect(gaps).toBe(2)
  }
})

test('[WIR5] a date that is set back or ahead moves no wait', async () => {
  const { run, wait, moveDate } = openMachine()
  const waiting = wait(20_000)
  await run(1_000)
  moveDate(-86_400_000)
  await run(18_000)
  moveDate(86_400_000)
  expect(waiting.isOver).toBe(false)
  await run(11_000)
  expect(waiting.isOver).toBe(true)
})

test('[WIR5] thousands of waits cost one call a second, and none when nobody waits', async () => {
  const { clock, run, rings } = openMachine()
  const control = new AbortController()
  const waiting = Array.from({ length: 3_000 }, (_, each) => clock.wait(10_000 + each, { signal: control.signal }))
  await run(5_000)
  expect(rings()).toBe(5)
  control.abort('enough')
  for (const each of waiting) await expect(each).rejects.toBe('enough')
  await expect(clock.wait(1, { signal: control.signal })).rejects.toBe('enough')
  await run(60_000)
  expect(rings()).toBe(6)
})
