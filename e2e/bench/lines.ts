import type { Scene } from '../scene.ts'
import { whyNoBox } from '../wan/box.ts'
import { firstLineOf } from './attempt.ts'
import type { Figure } from './figure.ts'
import { idealOf, lineRows, payloadOf, type LineRow } from './line-rows.ts'
import { openLineTrials, type LineTrial, type LineTrials } from './line-trial.ts'

/** Choices of the command line: one row alone, runs of each, and another size of the file. */
export interface LineWishes {
  readonly row?: string | undefined
  readonly runs?: number | undefined
  readonly mebibytes?: number | undefined
}

const MIB = 1024 * 1024
const RUNS = 3
const MOST_IDEALS = 10
/** Most bytes on the transport of a fetch, as a share of the file. */
const MOST_CARRIED = 1.1
/** A transfer that misses its goal may take this many times as long as the goal, so that the figure says how slow it is. */
const PATIENCE = 3
const LEAST_PATIENCE_MS = 60_000

/**
 * Fetches and stores files over lines of people's rates, and returns how much of the line each transfer uses. A row misses its goal when it
 * fails, is slower, carries more bytes than the goal allows, loses a connection of a store, or fills the queue before others' packets.
 * Returns none and prints the reason on a machine that can have no box.
 */
export async function measureLines(scene: Scene, { row: only, runs = RUNS, mebibytes }: LineWishes): Promise<readonly Figure[]> {
  const trouble = whyNoBox()
  if (trouble !== undefined) {
    console.log(`No figures over lines: ${trouble}`)
    return []
  }
  const wanted = Object.entries(lineRows).filter(([name]) => only === undefined || name === only)
  const figures: Figure[] = []
  let trials: LineTrials | undefined
  let opened = 0
  for (const [name, row] of wanted) {
    const size = mebibytes ?? row.mebibytes
    const done: (LineTrial | string)[] = []
    const bare: (number | string)[] = []
    for (let run = 0; run < runs; run++) {
      try {
        trials ??= await openLineTrials(scene, `lines-${opened++}`)
        if (row.beside !== undefined) bare.push(await trials.bare(row, size, patienceOf(row, size)).catch(firstLineOf))
        done.push(await trials.run(row, size, patienceOf(row, size)))
      } catch (error) {
        done.push(firstLineOf(error))
        // The next run must not meet the rest of a failed transfer: it gets a new box.
        await trials?.close().catch(() => undefined)
        trials = undefined
      }
    }
    const figure = figureOf(name, row, size, done, bare)
    console.log(`${figure.figure}: ${figure.value.toFixed(1)} ${figure.unit}, ${figure.reference}`)
    figures.push(figure)
  }
  await trials?.close()
  return figures
}

/** Returns the milliseconds after which a transfer is given up. */
function patienceOf(row: LineRow, mebibytes: number): number {
  return Math.max(LEAST_PATIENCE_MS, PATIENCE * MOST_IDEALS * idealSecondsOf(row, mebibytes) * 1000)
}

function idealSecondsOf(row: LineRow, mebibytes: number): number {
  return (payloadOf(row, mebibytes * MIB) * 8) / 1e6 / idealOf(row)
}

/** Returns the figure of a row: the median run, where a failed run counts as 0 Mbit/s, and the details of that run. */
function figureOf(
  name: string,
  row: LineRow,
  mebibytes: number,
  done: readonly (LineTrial | string)[],
  bare: readonly (number | string)[],
): Figure {
  const rateOf = (each: LineTrial | string) => (typeof each === 'string' ? 0 : (each.payloadBytes * 8) / 1e6 / each.seconds)
  const middle = done.toSorted((a, b) => rateOf(a) - rateOf(b))[Math.floor(done.length / 2)] ?? 'no run'
  const failed = done.filter((each) => typeof each === 'string')
  const ideal = idealOf(row)
  const value = rateOf(middle)
  // A bare channel that brings nothing is no reference: the line itself is the goal then.
  const bareRate = at(
    bare.filter((each) => typeof each === 'number'),
    0.5,
  )
  const reference = row.beside === undefined || Number.isNaN(bareRate) ? ideal : Math.min(ideal, bareRate)
  const said = [
    `ideal ${ideal.toFixed(1)} in ${idealSecondsOf(row, mebibytes).toFixed(1)} s`,
    ...(row.beside === undefined
      ? []
      : [`bare channels ${bare.map((each) => (typeof each === 'string' ? each : each.toFixed(1))).join(', ')}`]),
    ...(typeof middle === 'string' ? [] : sayTrial(row, middle)),
    ...(failed.length === 0 ? [] : [`${failed.length} of ${done.length} failed: ${failed[0]}`]),
  ]
  return {
    figure: `lines, ${name}, ${mebibytes} MiB`,
    value,
    unit: 'Mbit/s',
    reference: said.join('; '),
    ratio: value / reference,
    goal: sayGoal(row),
    met: value >= row.goal * reference && typeof middle !== 'string' && isWithinBounds(row, middle),
  }
}

function sayGoal({ is, goal, beside, pingMs }: LineRow): string {
  return [
    `${goal} of ${beside ?? 'the line'}`,
    is === 'fetch' ? `${MOST_CARRIED} of the file received` : 'no connection lost',
    ...(pingMs === undefined ? [] : [`ping +${pingMs} ms`]),
  ].join(', ')
}

/** Tells whether a transfer carried, lost and delayed no more than its row allows. */
function isWithinBounds(
  { is, pingMs = Infinity }: LineRow,
  { carriedBytes, payloadBytes, lost, idlePings, busyPings }: LineTrial,
): boolean {
  const isFrugal = is === 'fetch' ? carriedBytes <= MOST_CARRIED * payloadBytes : lost === 0
  // Without a ping, or a limit for it, nothing is compared.
  return isFrugal && !(at(busyPings, 0.95) - at(idlePings, 0.5) > pingMs)
}

function sayTrial(
  { is }: LineRow,
  { seconds, payloadBytes, carriedBytes, made, lost, idlePings, busyPings }: LineTrial,
): readonly string[] {
  const share = (carriedBytes / payloadBytes).toFixed(2)
  const ms = (pings: readonly number[], part: number) => `${at(pings, part).toFixed(0)}`
  return [
    `took ${seconds.toFixed(1)} s`,
    is === 'fetch' ? `received ${share} of the file` : `sent ${share} of the pieces`,
    `${made} connections, ${lost} lost`,
    `ping ${ms(idlePings, 0.5)} idle, ${ms(busyPings, 0.5)} (p95 ${ms(busyPings, 0.95)}) ms meanwhile`,
  ]
}

/** Returns the quantile `part` of the numbers; NaN when there are none. */
function at(numbers: readonly number[], part: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))] ?? Number.NaN
}
