/** Most milliseconds by which another clock may differ and still count as right: 10 min. SPEC CLK1. */
export const RIGHT_ENOUGH_MS = 600_000
/** Fewest people who must agree before they correct a clock. SPEC CLK1. */
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
  // Correct by the smallest of the offsets, so never by more than every one of them reports.
  const least = agreeing.reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a))
  return Math.abs(least) <= RIGHT_ENOUGH_MS ? 0 : least
}

/** Returns the lower median, undefined when `values` is empty. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}
