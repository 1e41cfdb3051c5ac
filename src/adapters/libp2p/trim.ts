/** The facts about one direct connection that decide whether it stays. */
export interface Line {
  /** Time of its opening, milliseconds. */
  readonly openedAt: number
  /** Bytes of shards exchanged with its peer; older ones count less. */
  readonly exchanged: number
  /** Shards are moving over it now. */
  readonly isAtWork: boolean
  /** It must stay in any case: it leads to a relay or a hop. */
  readonly isKept: boolean
}

/** Longest time that a new connection may stay idle: a peer that connects wants something. */
const NEWCOMER_MS = 15_000
/** Most connections above the budget that are spared for newcomers and for work under way; beyond that those end as well. */
const OVERDRAFT = 32

/**
 * Returns the lines to end, so that `budget` of them are left, the least useful first: use is measured in bytes of shards. Half of the
 * budget belongs to those that exchanged most, whatever the others do now. Among lines without exchange the youngest ends first, and
 * newcomers do not count while they are spared: a peer that connects often pushes out nobody who was there before.
 * Source: protocol SPEC USE1.
 */
export function chooseToEnd<T extends Line>(lines: readonly T[], budget: number, now: number): T[] {
  const ranked = lines.toSorted((a, b) => b.exchanged - a.exchanged || a.openedAt - b.openedAt)
  const friends = new Set(ranked.filter((line) => line.exchanged > 0).slice(0, Math.floor(budget / 2)))
  const leastFirst = ranked.filter((line) => !line.isKept && !friends.has(line)).toReversed()
  const working = leastFirst.filter((line) => line.isAtWork)
  const newcomers = leastFirst.filter((line) => !line.isAtWork && now - line.openedAt <= NEWCOMER_MS)
  const idle = leastFirst.filter((line) => !line.isAtWork && now - line.openedAt > NEWCOMER_MS)
  const ended = idle.slice(0, Math.max(0, lines.length - newcomers.length - budget))
  const excess = Math.max(0, lines.length - ended.length - budget - OVERDRAFT)
  return [...ended, ...[...newcomers, ...working].slice(0, excess)]
}
