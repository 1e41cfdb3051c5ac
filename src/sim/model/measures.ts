/** What is counted while a run goes on. Times are milliseconds of the timeline, sizes bytes. */
export interface Measures {
  lost: number
  repairs: number
  duplicates: number
  liarsPlaced: number
  /** Fetched and sent for repairs, from the beginning of the files on. */
  repairBytes(): number
  peakHourBytes(): number
  /** Counts `bytes` that went from `startAt` to `endAt`, spread evenly. */
  count(bytes: number, startAt: number, endAt: number): void
  /** Notes how many pieces of a segment are known at `at`. */
  noteKnown(known: number, at: number): void
  meanKnown(): number
  leastKnown(): number
  /** Mean and least of each day, NaN where nothing was noted. */
  readonly days: readonly { readonly mean: number; readonly least: number }[]
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Returns measures of `days` days that begin at `beginAt`. */
export function createMeasures(beginAt: number, days: number): Measures {
  const bytesByHour = new Float64Array(24 * Math.ceil(days) + 1)
  const [sumByDay, countByDay] = [new Float64Array(Math.ceil(days) + 1), new Float64Array(Math.ceil(days) + 1)]
  const leastByDay = new Float64Array(Math.ceil(days) + 1).fill(Infinity)
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)
  return {
    lost: 0,
    repairs: 0,
    duplicates: 0,
    liarsPlaced: 0,
    repairBytes: () => total(bytesByHour),
    peakHourBytes: () => bytesByHour.reduce((most, value) => Math.max(most, value), 0),
    count: (bytes, startAt, endAt) => {
      const [from, to] = [(startAt - beginAt) / HOUR, Math.max(endAt - beginAt, startAt - beginAt + 1) / HOUR]
      for (let hour = Math.max(0, Math.floor(from)); hour < Math.min(to, bytesByHour.length); hour++) {
        const part = (Math.min(to, hour + 1) - Math.max(from, hour)) / (to - from)
        bytesByHour[hour] = (bytesByHour[hour] ?? 0) + part * bytes
      }
    },
    noteKnown: (known, at) => {
      const day = Math.floor((at - beginAt) / DAY)
      if (day < 0) return
      sumByDay[day] = (sumByDay[day] ?? 0) + known
      countByDay[day] = (countByDay[day] ?? 0) + 1
      leastByDay[day] = Math.min(leastByDay[day] ?? Infinity, known)
    },
    meanKnown: () => total(sumByDay) / total(countByDay),
    leastKnown: () => leastByDay.reduce((least, value) => Math.min(least, value), Infinity),
    get days() {
      return Array.from({ length: Math.ceil(days) }, (_, day) => ({
        mean: (sumByDay[day] ?? 0) / (countByDay[day] ?? 0),
        least: leastByDay[day] ?? NaN,
      }))
    },
  }
}
