import { assert } from '../errors.ts'

/** A person of whom shards could be checked now. Times are Unix milliseconds. */
export interface Checkable<Name extends string> {
  readonly peer: Name
  /** Rows of its claims that are not proven. */
  readonly unproven: number
  /** When one of its shards was last asked for, whatever came of it; undefined before the first time. */
  readonly triedAt: number | undefined
  /** It did not serve when it was last asked. */
  readonly hasFailed: boolean
}

/** Share of lostAfterMs after which somebody who did not serve is asked before others again: three such errors then tell. SPEC EVD5. */
const AGAIN_SHARE = 1 / 8

/**
 * Returns whom to check next, undefined when there is nobody: people with unproven claims first, then those whose evidence is oldest. Who
 * did not serve is not asked again before an eighth of `lostAfterMs`, so that people who refuse do not use up the checks of a day.
 * Source: SPEC.md EVD5.
 */
export function personToCheck<Name extends string>(people: readonly Checkable<Name>[], now: number, lostAfterMs: number): Name | undefined {
  let best: Checkable<Name> | undefined
  for (const person of people) {
    if (person.hasFailed && now - (person.triedAt ?? 0) < AGAIN_SHARE * lostAfterMs) continue
    if (best === undefined || isBefore(person, best)) best = person
  }
  return best?.peer
}

/**
 * Returns which of `count` things is drawn, such as the rows of a person or the leaves of a shard.
 * @param draw a random number in [0, 1)
 */
export function drawn(count: number, draw: number): number {
  assert(count > 0 && draw >= 0 && draw < 1, 'something to draw from, and a draw below 1')
  return Math.min(count - 1, Math.floor(draw * count))
}

function isBefore(a: Checkable<string>, b: Checkable<string>): boolean {
  const unproven = Number(b.unproven > 0) - Number(a.unproven > 0)
  if (unproven !== 0) return unproven < 0
  const tried = (a.triedAt ?? -1) - (b.triedAt ?? -1)
  return tried !== 0 ? tried < 0 : a.peer < b.peer
}
