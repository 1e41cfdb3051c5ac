import type { SimResult } from './result.ts'

const GB = 1e9
const DAYS_OF_MONTH = 365.25 / 12
const DAYS_OF_YEAR = 365.25
/** Columns of the picture, and pieces that a line of it stands for. */
const COLUMNS = 72

/** Returns the result as the JSON that `--json` writes; nothing in it depends on the machine. */
export function jsonOf(result: SimResult): string {
  const { seed, days, people, segments, lost, wrongBytes, repairBytes, storedBytes, unavailable } = result
  const { meanKnown, leastKnown, repairs, duplicates, peakHourBytes, liarsPlaced } = result
  const figures = { seed, days, people, segments, lost, wrongBytes, repairBytes, storedBytes, unavailable }
  return `${JSON.stringify({ ...figures, meanKnown, leastKnown, repairs, duplicates, peakHourBytes, liarsPlaced }, null, 2)}\n`
}

/** Returns the result for people: a table, then known pieces over time. */
export function reportOf(result: SimResult): string {
  return `${tableOf(rowsOf(result))}\n\n${tableOf(keptRowsOf(result))}\n\n${pictureOf(result)}\n`
}

function rowsOf(result: SimResult): readonly (readonly [string, string])[] {
  const { seed, days, people, segments, code, storedBytes } = result
  const perGbMonth = result.repairBytes / storedBytes / (days / DAYS_OF_MONTH)
  return [
    ['seed, days', `${seed}, ${days}`],
    ['people', String(people)],
    ['segments', `${segments}, any ${code.k} of ${code.n} pieces, repaired below ${code.m}`],
    ['stored', gigabytes(storedBytes)],
    ['lost', `${result.lost}, ${figure(result.lost / segments / (days / DAYS_OF_YEAR))} per segment and year`],
    ['wrong bytes', String(result.wrongBytes)],
    ['moments and segments unreadable', figure(result.unavailable)],
    ['pieces known, mean and least', `${result.meanKnown.toFixed(2)}, ${result.leastKnown}`],
    ['repairs, duplicate pieces', `${result.repairs}, ${result.duplicates}`],
    ['repaired', `${gigabytes(result.repairBytes)}, ${perGbMonth.toFixed(3)} GB per stored GB and month`],
    ['most in an hour', gigabytes(result.peakHourBytes)],
    ['pieces given to liars', String(result.liarsPlaced)],
    ...saidRowsOf(result),
    ...(result.filesRead === undefined ? [] : [['read by links at the end', String(result.filesRead)] as const]),
    ...(result.state === undefined ? [] : [['digest of all disks', result.state] as const]),
  ]
}

function saidRowsOf({ said, lost }: SimResult): readonly (readonly [string, string])[] {
  if (said === undefined) return []
  const { isProtected, isStrong, readableWhenStrong, broken, noticeDays } = said
  return [
    ['called Protected, Strong', `${percent(isProtected)}, ${percent(isStrong)} of moments and segments`],
    ...(isStrong > 0 ? [['Strong ones that could be read', percent(readableWhenStrong)] as const] : []),
    ['lost in the week after such a word', String(broken)],
    ...(lost > 0 ? [['lost ones had been said to be Fragile, and why', `for ${noticeDays.toFixed(1)} days at least`] as const] : []),
  ]
}

function keptRowsOf({ kept }: SimResult): readonly (readonly [string, string])[] {
  return [
    ['class', 'kept by each at the end, of'],
    ...kept.map(({ name, people, meanBytes, meanOfferBytes }) => {
      return [`${people} ${name}`, `${gigabytes(meanBytes)}, ${gigabytes(meanOfferBytes)}`] as const
    }),
  ]
}

function tableOf(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** Draws the mean and the least number of known pieces over the days; a column takes as many days as it must. */
function pictureOf({ knownByDay, code: { k, m, n } }: SimResult): string {
  const width = Math.min(COLUMNS, knownByDay.length)
  const columns = Array.from({ length: width }, (_, column) => {
    const part = knownByDay.slice(Math.floor((column * knownByDay.length) / width), Math.floor(((column + 1) * knownByDay.length) / width))
    const noted = part.filter(({ least }) => Number.isFinite(least))
    const mean = noted.reduce((sum, day) => sum + day.mean, 0) / noted.length
    return { mean: Math.round(mean), least: Math.min(...noted.map(({ least }) => least)) }
  })
  const top = Math.max(n, ...columns.map(({ mean }) => mean).filter(Number.isFinite))
  const names: Readonly<Record<number, string>> = { [n]: 'n', [m]: 'm', [k]: 'k' }
  const lines = Array.from({ length: top + 1 }, (_, line) => {
    const known = top - line
    const marks = columns.map(({ mean, least }) =>
      known === mean ? '#' : known === least ? 'o' : known < mean && known > least ? ':' : ' ',
    )
    return `${(names[known] ?? '').padStart(2)} ${String(known).padStart(3)} |${marks.join('')}`
  })
  return ['known pieces of a segment over time: # mean, o least', ...lines, `       +${'-'.repeat(width)} ${knownByDay.length} days`].join(
    '\n',
  )
}

function gigabytes(bytes: number): string {
  return `${(bytes / GB).toPrecision(4)} GB`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}

function figure(value: number): string {
  return value === 0 ? '0' : value.toPrecision(3)
}
