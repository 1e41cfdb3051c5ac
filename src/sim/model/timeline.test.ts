import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDraws } from './draws.ts'
import { createTimeline } from './timeline.ts'

describe('the timeline', () => {
  it('runs what is planned by its time, and at one time in the order of planning', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const timeline = createTimeline()
        const ran: { readonly at: number; readonly order: number }[] = []
        for (const [order, at] of times.entries()) timeline.plan(at, () => ran.push({ at: timeline.now(), order }))
        timeline.runUntil(20)
        const sorted = times.map((at, order) => ({ at, order })).toSorted((a, b) => a.at - b.at || a.order - b.order)
        expect(ran).toEqual(sorted)
      }),
    )
  })

  it('runs what is planned meanwhile, for the past at once, and leaves the rest', () => {
    const timeline = createTimeline()
    const ran: string[] = []
    timeline.plan(5, () => {
      timeline.plan(1, () => ran.push(`late at ${timeline.now()}`))
      timeline.plan(11, () => ran.push('beyond'))
    })
    timeline.runUntil(10)
    expect([ran, timeline.now()]).toEqual([['late at 5'], 10])
    timeline.runUntil(11)
    expect(ran).toEqual(['late at 5', 'beyond'])
  })
})

describe('draws', () => {
  it('depend on seed and stream alone, and have the means that were asked for', () => {
    const [one, same, other] = [createDraws(7, 1), createDraws(7, 1), createDraws(7, 2)]
    const three = [one, same, other].map((draws) => Array.from({ length: 8 }, () => draws.next()))
    expect(three[1]).toEqual(three[0])
    expect(three[2]).not.toEqual(three[0])
    const mean = (draw: () => number) => Array.from({ length: 40_000 }, draw).reduce((sum, value) => sum + value, 0) / 40_000
    expect(mean(() => one.next())).toBeCloseTo(0.5, 1)
    expect(mean(() => one.exponential(3))).toBeCloseTo(3, 1)
    expect(mean(() => one.lognormal({ mean: 2, sigma: 0.8 }))).toBeCloseTo(2, 1)
  })
})
