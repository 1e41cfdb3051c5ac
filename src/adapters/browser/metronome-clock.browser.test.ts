import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMetronomeClock, type MetronomeClock } from './metronome-clock.ts'

describe('metronome clock', () => {
  let clock: MetronomeClock | undefined
  afterEach(() => {
    clock?.close()
    vi.restoreAllMocks()
  })

  it('fires waits in order of time, none before its time', async () => {
    const metronome = (clock = createMetronomeClock())
    const start = performance.now()
    const fired: number[] = []
    await Promise.all(
      [60, 0, 30].map(async (ms) => {
        await metronome.wait(ms)
        expect(performance.now() - start).toBeGreaterThanOrEqual(ms)
        fired.push(ms)
      }),
    )
    expect(fired).toEqual([0, 30, 60])
  })

  it('tells its worker of the earliest wait only, and calls for later ones when that is over or given up', async () => {
    const told = vi.spyOn(Worker.prototype, 'postMessage')
    const metronome = (clock = createMetronomeClock())
    const control = new AbortController()
    const first = metronome.wait(20, { signal: control.signal })
    const later = Array.from({ length: 1000 }, (_, each) => metronome.wait(10_000 + each, { signal: control.signal }))
    const kept = metronome.wait(60)
    expect(told.mock.calls.length).toBe(1)
    control.abort('enough')
    for (const each of [first, ...later]) await expect(each).rejects.toBe('enough')
    await kept
    expect(told.mock.calls.length).toBeLessThan(4)
  })

  it('rejects with the reason of its signal, before and while waiting', async () => {
    clock = createMetronomeClock()
    const control = new AbortController()
    const waiting = clock.wait(1e9, { signal: control.signal })
    control.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    await expect(clock.wait(1, { signal: control.signal })).rejects.toBe('enough')
  })

  it('shows the time of the machine', () => {
    clock = createMetronomeClock()
    const before = Date.now()
    const now = clock.now()
    expect(before <= now && now <= Date.now()).toBe(true)
  })

  it('fires by the page’s own timers where no worker can be had', async () => {
    clock = createMetronomeClock({ url: '/no-such-worker.js' })
    await clock.wait(1)
  })
})
