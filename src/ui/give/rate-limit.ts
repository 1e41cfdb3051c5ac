const MEGABYTE = 1e6
/** Least limit: others would take a slower device for one that does not answer. */
const LEAST_MEGABYTES = 0.05
const MOST_MEGABYTES = 10_000

/** Returns the text of a field: megabytes per second, '' for no limit (0). */
export function sayLimit(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? '' : String(Number((bytesPerSecond / MEGABYTE).toPrecision(3)))
}

/** Returns the bytes per second in a field, 0 for no limit; undefined when it has no number above 0. A comma is a decimal point. */
export function readLimit(text: string): number | undefined {
  const typed = text.trim().replace(',', '.')
  if (typed === '') return 0
  const megabytes = Number(typed)
  if (!(megabytes > 0)) return undefined
  return megabytes > MOST_MEGABYTES ? 0 : Math.round(Math.max(LEAST_MEGABYTES, megabytes) * MEGABYTE)
}
