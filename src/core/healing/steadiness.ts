/** Somebody who keeps a piece of a segment, and how often it is there. */
export interface Keeper {
  /** The same text is the same person. */
  readonly person: string
  /** Share of the time, from 0 to 1, for which the person is there; 0 for somebody who was not seen for a day. SPEC PRS4. */
  readonly uptime: number
  /** The uptime is assumed, since the person was met only lately. SPEC PRS4. */
  readonly isNew: boolean
}

/**
 * How steady the people are who keep a content: from 2.5 k, from 1.5 k, below that because most of them are new, below it because they were
 * seen away, and below k. SPEC HTH9.
 */
export type Steadiness = 'high' | 'enough' | 'unknown' | 'low' | 'too low'

/** Sums of uptimes in multiples of k. SPEC HTH9; research: no segment from 1.5 k on was lost, and from 2.5 k on one can nearly always be read. */
const [HIGH, ENOUGH] = [2.5, 1.5]
/** From the worst to the best. */
const levels = ['too low', 'low', 'unknown', 'enough', 'high'] as const satisfies readonly Steadiness[]

/**
 * Returns how steady the people are who keep the content of `segments`, of which any `k` different pieces rebuild one; of the worst segment.
 * Somebody who keeps several pieces of one counts once. Without segments nobody keeps anything: 'too low'.
 * Source: SPEC.md HTH9.
 */
export function steadinessOf(segments: readonly (readonly Keeper[])[], k: number): Steadiness {
  const worst = segments.length === 0 ? 0 : Math.min(...segments.map((keepers) => levels.indexOf(levelOf(keepers, k))))
  return levels[worst] ?? 'too low'
}

/** Tells whether people of that steadiness are relied upon: the grade may be more than Fragile, and the copy may go. SPEC POL6, POL10. */
export function isSteady(steadiness: Steadiness): steadiness is 'high' | 'enough' {
  return steadiness === 'enough' || steadiness === 'high'
}

/** Tells whether people of these uptimes, each with one piece of a segment, are steady enough for a code with that `k`. SPEC POL5. */
export function areSteady(uptimes: readonly number[], k: number): boolean {
  return sumOf(uptimes) >= ENOUGH * k
}

function levelOf(keepers: readonly Keeper[], k: number): Steadiness {
  const people = [...new Map(keepers.map((keeper) => [keeper.person, keeper])).values()]
  const sum = sumOf(people.map(({ uptime }) => uptime))
  if (sum >= HIGH * k) return 'high'
  if (sum >= ENOUGH * k) return 'enough'
  const atBest = people.map(({ uptime, isNew }) => (isNew && uptime > 0 ? 1 : uptime))
  if (areSteady(atBest, k)) return 'unknown'
  return sum >= k ? 'low' : 'too low'
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
