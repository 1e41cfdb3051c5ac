import { describe, expect, it } from 'vitest'
import { createSeededRandom } from './seeded-random.ts'
import { nextTurn } from './turn.ts'
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

  it('steps from wait to wait, and to the end of the step when there is none', async () => {
    const clock = createVirtualClock(1000)
    const fired: number[] = []
    for (const ms of [30, 10]) void clock.wait(ms).then(() => fired.push(ms))
    expect([clock.step(5), clock.now(), clock.step(20), clock.now()]).toEqual([false, 1005, true, 1010])
    await nextTurn()
    expect([fired, clock.step(20), clock.step(20), clock.now()]).toEqual([[10], true, false, 1050])
  })

  it('gives processes whole milliseconds, and a killed one never wakes again', async () => {
    const clock = createVirtualClock()
    const [one, other] = [clock.forProcess(), clock.forProcess()]
    const woken: string[] = []
    const control = new AbortController()
    void one.wait(10).then(() => woken.push('killed'))
    one.wait(10, { signal: control.signal }).catch(() => woken.push('aborted'))
    void other.wait(9.5).then(() => woken.push(`other at ${other.ran()}`))
    one.kill()
    void one.wait(1).then(() => woken.push('after'))
    control.abort('too late')
    expect(clock.waiting()).toBe(1)
    await clock.advance(20)
    expect(woken).toEqual(['other at 10'])
  })

  it('forgets waits that are over, however many', async () => {
    const clock = createVirtualClock()
    for (let times = 0; times < 5_000; times++) {
      const control = new AbortController()
      clock.wait(1_000_000, { signal: control.signal }).catch(() => undefined)
      control.abort('over')
    }
    let isDue = false
    void clock.wait(7).then(() => (isDue = true))
    await clock.advance(7)
    expect([isDue, clock.waiting()]).toEqual([true, 0])
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
