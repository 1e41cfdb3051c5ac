import { describe, expect, it } from 'vitest'
import { createSeededRandom } from './seeded-random.ts'
import { createVirtualClock } from './virtual-clock.ts'

describe('virtual clock', () => {
  it('fires waits in order of time and shows the time at which each was due', async () => {
    const clock = createVirtualClock(1000)
    const fired: string[] = []
    void clock.wait(30).then(() => fired.push(`c${clock.now()}`))
    void clock.wait(10).then(async () => {
      fired.push(`a${clock.now()}`)
      await clock.wait(10)
      fired.push(`b${clock.now()}`)
    })
    await clock.advance(25)
    expect(fired).toEqual(['a1010', 'b1020'])
    expect(clock.now()).toBe(1025)
    await clock.advance(5)
    expect(fired).toEqual(['a1010', 'b1020', 'c1030'])
    expect(clock.waiting()).toBe(0)
  })

  it('rejects a wait with the reason of its signal and forgets it', async () => {
    const clock = createVirtualClock()
    const control = new AbortController()
    const waiting = clock.wait(10, { signal: control.signal })
    control.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    await expect(clock.wait(10, { signal: control.signal })).rejects.toBe('enough')
    expect(clock.waiting()).toBe(0)
  })
})

describe('seeded random', () => {
  it('gives the same bytes for the same seed however they are cut', () => {
    const whole = createSeededRandom(7).bytes(100)
    const parts = createSeededRandom(7)
    expect([...parts.bytes(33), ...parts.bytes(40), ...parts.bytes(27)]).toEqual([...whole])
    expect(createSeededRandom(8).bytes(100)).not.toEqual(whole)
  })
})
