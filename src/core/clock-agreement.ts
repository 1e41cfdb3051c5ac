/** What another clock may differ by and still be called right, in milliseconds: 10 min. SPEC CLK1. */
export const RIGHT_ENOUGH_MS = 600_000
/** So many people at least have to agree before a clock is corrected by theirs. SPEC CLK1. */
const AGREEING_AT_LEAST = 3

/**
 * Returns by how many milliseconds this clock is to be corrected, 0 when it is right or when nobody can tell.
 * @param offsets of every person heard, how far its clock is ahead of this one; negative when behind
 * Source: SPEC.md CLK1.
 */
export function agreedOffset(offsets: readonly number[]): number {
  const middle = medianOf(offsets)
  if (middle === undefined) return 0
  const agreeing = offsets.filter((offset) => Math.abs(offset - middle) <= RIGHT_ENOUGH_MS)
  if (agreeing.length < AGREEING_AT_LEAST || 2 * agreeing.length <= offsets.length) return 0
  // No further than all of them say.
  const least = agreeing.reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a))
  return Math.abs(least) <= RIGHT_ENOUGH_MS ? 0 : least
}

/** Returns the lower median, undefined of nothing. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}
