import type { Clock } from '../ports/clock.ts'

/** Rates, by name, over the last seconds. */
export interface Rates {
  /** Notes that `done` units of `name` are done now and returns units per second. */
  of(name: string, done: number): number
  forget(name: string): void
}

const WINDOW_MS = 8_000
const SAMPLE_MS = 250

/** Returns rates over a sliding window of eight seconds; a count that shrinks or stands still has no rate. */
export function createRates(clock: Clock): Rates {
  const samplesByName = new Map<string, { readonly at: number; readonly done: number }[]>()
  return {
    of(name, done) {
      const now = clock.ran()
      const samples = samplesByName.get(name) ?? []
      const last = samples.at(-1)
      if (last === undefined || now - last.at >= SAMPLE_MS) samples.push({ at: now, done })
      while (samples.length > 2 && now - (samples[0]?.at ?? now) > WINDOW_MS) samples.shift()
      samplesByName.set(name, samples)
      const first = samples[0]
      if (first === undefined || now - first.at < SAMPLE_MS) return 0
      return Math.max(0, ((done - first.done) * 1000) / (now - first.at))
    },
    forget: (name) => void samplesByName.delete(name),
  }
}
