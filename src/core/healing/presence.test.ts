import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isLost,
  isNew,
  isOftenThere,
  isThere,
  lostAfterMsOf,
  meanAbsenceMs,
  shareThere,
  sighted,
  uptimeOf,
  weightOf,
  type Habits,
} from './presence.ts'

const HOUR = 3_600_000
const LOST = 48 * HOUR

/** Sightings at these hours. */
function seenAt(...hours: readonly number[]): Habits {
  const habits = hours.reduce<Habits | undefined>((last, hour) => sighted(last, hour * HOUR, HOUR), undefined)
  if (habits === undefined) throw new Error('nothing seen')
  return habits
}

describe('presence', () => {
  it('[PRS1] two beacons may be missed, and nobody is away before the third', () => {
    expect(isThere(0, 2.5 * HOUR, HOUR)).toBe(true)
    expect(isThere(0, 2.5 * HOUR + 1, HOUR)).toBe(false)
    expect(seenAt(0, 1, 3.5).absences).toBe(0)
    expect(seenAt(0, 1, 3.6).absences).toBe(1)
  })

  it('[PRS2] the share of the time and the mean absence follow from the sightings', () => {
    const habits = seenAt(0, 1, 2, 12, 13, 23)
    expect(habits).toEqual({ firstSeenAt: 0, lastSeenAt: 23 * HOUR, thereMs: 3 * HOUR, awayMs: 20 * HOUR, absences: 2 })
    expect(shareThere(habits)).toBeCloseTo(3 / 23)
    expect(meanAbsenceMs(habits)).toBe(10 * HOUR)
    expect([shareThere(seenAt(0)), meanAbsenceMs(seenAt(0, 1))]).toEqual([undefined, undefined])
  })

  it('[PRS2] an old sighting that comes late changes nothing', () => {
    const habits = seenAt(0, 1, 12)
    expect(sighted(habits, 11 * HOUR, HOUR)).toBe(habits)
    expect(sighted(habits, 12 * HOUR, HOUR)).toBe(habits)
  })

  it('[PRS2] what this device was itself away for makes nobody absent, and nobody present', () => {
    const back = sighted(seenAt(0, 1), 31 * HOUR, HOUR, 29 * HOUR)
    expect(back).toEqual({ firstSeenAt: 0, lastSeenAt: 31 * HOUR, thereMs: 2 * HOUR, awayMs: 0, absences: 0 })
    const noticed = sighted(seenAt(0, 1), 31 * HOUR, HOUR, 20 * HOUR)
    expect(noticed).toEqual({ firstSeenAt: 0, lastSeenAt: 31 * HOUR, thereMs: HOUR, awayMs: 30 * HOUR, absences: 1 })
  })

  it('[PRS3] silence becomes loss after 3.5 times the own mean absence, within bounds', () => {
    const nights = seenAt(0, 10, 20, 30)
    expect(lostAfterMsOf(nights, LOST)).toBe(35 * HOUR)
    expect(isLost(nights, 65 * HOUR, LOST)).toBe(false)
    expect(isLost(nights, 65 * HOUR + 1, LOST)).toBe(true)
    expect(lostAfterMsOf(seenAt(0, 3, 6, 9), LOST)).toBe(12 * HOUR)
    expect(lostAfterMsOf(seenAt(0, 100, 200, 300), LOST)).toBe(168 * HOUR)
  })

  it('[PRS3] the policy decides while fewer than three absences are known', () => {
    expect(lostAfterMsOf(seenAt(0), LOST)).toBe(LOST)
    expect(lostAfterMsOf(seenAt(0, 100, 200), LOST)).toBe(LOST)
  })

  it('[PRS3] who comes back is not lost', () => {
    const gone = seenAt(0, 1, 2)
    expect(isLost(gone, 100 * HOUR, LOST)).toBe(true)
    expect(isLost(sighted(gone, 100 * HOUR, HOUR), 100 * HOUR, LOST)).toBe(false)
  })

  it('[PRS4] somebody new is taken to be there a third of the time, then for the share for which it was seen', () => {
    const always = seenAt(...Array.from({ length: 30 }, (_, hour) => hour))
    expect(uptimeOf(undefined, 0, HOUR)).toBe(0.33)
    expect(uptimeOf(always, 23 * HOUR, HOUR)).toBe(0.33)
    expect(uptimeOf(always, 24 * HOUR, HOUR)).toBe(1)
    expect(uptimeOf(seenAt(0, 100), 100 * HOUR, HOUR)).toBe(0.001)
  })

  it('[PRS7] steady is who was seen half of the time, and nobody of whom that is not known yet', () => {
    const half = seenAt(0, 1, 2, 3, 6)
    expect([shareThere(half), isOftenThere(half, 25 * HOUR, HOUR)]).toEqual([0.5, true])
    expect([isNew(half, 23 * HOUR, HOUR), isOftenThere(half, 23 * HOUR, HOUR)]).toEqual([true, false])
    expect(isOftenThere(seenAt(0, 1, 2, 5), 25 * HOUR, HOUR)).toBe(false)
    expect([isNew(undefined, 0, HOUR), isOftenThere(undefined, 0, HOUR)]).toEqual([true, false])
  })

  it('[PRS5] the weight is the square of the uptime, a quarter of it at first and all of it after 30 days', () => {
    const half = { firstSeenAt: 0, lastSeenAt: 0, thereMs: 50, awayMs: 50, absences: 1 }
    expect(weightOf(undefined, 0, HOUR)).toBeCloseTo(0.33 ** 2 / 4)
    expect(weightOf(half, 15 * 24 * HOUR, HOUR)).toBeCloseTo(0.25 * 0.625)
    expect(weightOf(half, 30 * 24 * HOUR, HOUR)).toBeCloseTo(0.25)
    expect(weightOf(half, 900 * 24 * HOUR, HOUR)).toBeCloseTo(0.25)
    // A clock that was set back makes nobody weigh less than a stranger would.
    expect(weightOf(half, -900 * 24 * HOUR, HOUR)).toBeCloseTo(0.33 ** 2 / 4)
  })

  it('[PRS2] [PRS3] whatever the sightings, shares are shares and silence of any length is bounded', () => {
    const gaps = fc.array(fc.tuple(fc.double({ min: 0, max: 1e10, noNaN: true }), fc.double({ min: 0, max: 1e10, noNaN: true })))
    fc.assert(
      fc.property(gaps, (drawn) => {
        let [habits, at] = [sighted(undefined, 0, HOUR), 0]
        for (const [gap, unwatched] of drawn) habits = sighted(habits, (at += gap), HOUR, unwatched)
        const [share, lost] = [shareThere(habits) ?? 0, lostAfterMsOf(habits, LOST)]
        return share >= 0 && share <= 1 && lost >= LOST / 4 && lost <= 3.5 * LOST && habits.lastSeenAt === at
      }),
    )
  })
})
