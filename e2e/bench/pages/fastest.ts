/** Something to be timed: what it is called and how to do it once. */
export type Subjects<Name extends string> = Readonly<Record<Name, () => unknown>>

/** A page's clock ticks in tenths of a millisecond: shorter work is repeated until it takes this long. */
const LEAST_MS = 12

/**
 * Does every subject in turn, `rounds` times, and returns the milliseconds that each took when it was fastest: other programs of a shared
 * machine only ever slow things down.
 */
export async function fastest<Name extends string>(rounds: number, subjects: Subjects<Name>): Promise<Record<Name, number>> {
  const entries = Object.entries(subjects) as [Name, () => unknown][]
  const times = Object.fromEntries(entries.map(([name]) => [name, Infinity])) as Record<Name, number>
  const counts = new Map<Name, number>()
  for (const [name, run] of entries) {
    await run()
    counts.set(name, Math.ceil(LEAST_MS / Math.max(0.1, await timed(1, run))))
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of entries) times[name] = Math.min(times[name], await timed(counts.get(name) ?? 1, run))
  }
  return times
}

/** Returns the milliseconds of one of `count` turns. */
async function timed(count: number, run: () => unknown): Promise<number> {
  const began = performance.now()
  for (let turn = 0; turn < count; turn++) await run()
  return (performance.now() - began) / count
}
