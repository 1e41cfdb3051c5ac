/** Works to be timed, by name; each is one call, or a call after another one that is not timed. */
export type Subjects<Name extends string> = Readonly<Record<Name, (() => unknown) | Prepared>>

interface Prepared {
  before(): unknown
  run(): unknown
}

/** Shortest time that is measured: a page's clock ticks in tenths of a millisecond, so shorter work is repeated. */
const LEAST_MS = 12

/**
 * Runs every subject in turn, `rounds` times, and returns the milliseconds of the fastest run of each: other programs on a shared machine
 * can only slow it down.
 */
export async function fastest<Name extends string>(rounds: number, subjects: Subjects<Name>): Promise<Record<Name, number>> {
  const entries = (Object.entries(subjects) as [Name, (() => unknown) | Prepared][]).map(
    ([name, subject]) => [name, typeof subject === 'function' ? { before: () => undefined, run: subject } : subject] as const,
  )
  const times = Object.fromEntries(entries.map(([name]) => [name, Infinity])) as Record<Name, number>
  const counts = new Map<Name, number>()
  for (const [name, subject] of entries) {
    await timed(1, subject)
    counts.set(name, Math.ceil(LEAST_MS / Math.max(0.1, await timed(1, subject))))
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, subject] of entries) times[name] = Math.min(times[name], await timed(counts.get(name) ?? 1, subject))
  }
  return times
}

/** Returns the milliseconds of one turn, measured over `count` of them. */
async function timed(count: number, { before, run }: Prepared): Promise<number> {
  await before()
  const began = performance.now()
  for (let turn = 0; turn < count; turn++) await run()
  return (performance.now() - began) / count
}
