/** Tells whether two values, plain to their ground, are the same; functions are only if they are one. */
export function isAlike(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [left, right] = [Object.entries(a), b as Readonly<Record<string, unknown>>]
  return left.length === Object.keys(b).length && left.every(([key, value]) => isAlike(value, right[key]))
}
