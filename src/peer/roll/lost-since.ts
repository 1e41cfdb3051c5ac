import type { People } from '../people/people.ts'
import type { RollHolder } from './roll.ts'

/**
 * Returns a function that tells since when a holder of a group is given up, Unix milliseconds: undefined for those who are here, or were
 * seen or spoken of by a new claim within `lostAfterMs`.
 */
export function createLostSince(
  people: () => Pick<People, 'known'> | undefined,
  now: () => number,
  lostAfterMs: number,
): (holder: RollHolder) => number | undefined {
  return ({ holder, takenAt }) => {
    const person = people()?.known(holder)
    if (person?.isHere === true) return undefined
    const lostAt = Math.max(takenAt, person?.seenAt ?? 0, person?.seenBefore ?? 0) + lostAfterMs
    return lostAt < now() ? lostAt : undefined
  }
}
