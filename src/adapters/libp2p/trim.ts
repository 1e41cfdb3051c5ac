/** One direct connection, as far as it matters for which of them stay. */
export interface Line {
  /** When it was opened, milliseconds. */
  readonly openedAt: number
  /** Bytes of shards exchanged with its peer, older ones counting less. */
  readonly exchanged: number
  /** Whether shards move now. */
  readonly isAtWork: boolean
  /** Whether it must stay whatever comes: a relay, a hop. */
  readonly isKept: boolean
}

/** How long a new connection may stay idle: whoever connects wants something. */
const NEWCOMER_MS = 15_000
/** So many connections above the budget are borne for newcomers and for work under way; beyond that those go as well. */
const OVERDRAFT = 32

/**
 * Returns the lines to end, so that `budget` of them are left, the least useful first: use is work, which is bytes of shards.
 * Half of the budget belongs to those that exchanged most, whatever the others do now. Among the useless the youngest goes first, and
 * newcomers do not count while they are spared: nobody pushes out those who were there by connecting more often.
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
