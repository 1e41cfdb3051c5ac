import { join } from 'node:path'
import { MINUTE } from '../app.ts'
import type { Scene } from '../scene.ts'
import { whyNoBox } from '../wan/box.ts'
import { firstLineOf } from './attempt.ts'
import type { Figure } from './figure.ts'
import { HOLDERS } from './line-rows.ts'
import { buildRivals, installRivals, versionOf } from './rival-pages.ts'
import { lineWords, openLine, openLoopback, type RivalPlace } from './rival-places.ts'
import { fetchByRival, type Fetched, type Limit, type RivalName } from './rival-trial.ts'

/** Choices of the command line: runs of each transfer, and another size of the file. */
export interface RivalWishes {
  readonly runs?: number | undefined
  readonly mebibytes?: number | undefined
}

/** Place of some figures. */
interface Setting {
  readonly name: string
  readonly mebibytes: readonly number[]
  /** Our rate over that of the faster rival, at least. */
  readonly goal: number
  readonly unit: string
  readonly bytesPerUnit: number
  /** What the reference says of the place. */
  readonly words: string
  open(scene: Scene, pages: string): Promise<RivalPlace>
}

const MIB = 1024 * 1024
const RUNS = 3
const MOST_MIB = 128
const MOST_MS = 10 * MINUTE
/** A rival may take this many times as long as we did in the same round. */
const PATIENCE = 10
const START = 'everybody connected, metadata known; last byte verified and kept'

const loopback: Setting = {
  name: 'loopback',
  mebibytes: [16, 64],
  goal: 1.3,
  unit: 'MB/s',
  bytesPerUnit: 1e6,
  words: 'one machine, no line',
  open: openLoopback,
}
const line: Setting = {
  name: '20 Mbit/s',
  mebibytes: [16],
  goal: 1.2,
  unit: 'Mbit/s',
  bytesPerUnit: 1e6 / 8,
  words: lineWords,
  open: openLine,
}
const rivals = [
  { name: 'webtorrent', title: 'WebTorrent' },
  { name: 'helia', title: 'Helia' },
] as const

/** What came of all rounds of one file. */
type Rounds = Readonly<Record<'ours' | RivalName, Fetched[]>>

/**
 * Fetches files from 8 holders, and from page to page by WebTorrent and by Helia's bitswap, in turn: on the loopback, and with the page that
 * fetches behind a line, where this machine can have one. The best of some rounds counts; a fetch that fails is a figure that says so.
 */
export async function measureRivals(scene: Scene, { runs = RUNS, mebibytes }: RivalWishes): Promise<readonly Figure[]> {
  await installRivals()
  const pages = join(scene.folder, 'rivals')
  await buildRivals(pages)
  const versions = {
    webtorrent: await versionOf('webtorrent'),
    helia: `${await versionOf('helia')} with ${await versionOf('@helia/bitswap')}`,
  }
  const trouble = whyNoBox()
  if (trouble !== undefined) console.log(`No rivals at ${line.name}: ${trouble}`)
  const figures: Figure[] = []
  for (const setting of trouble === undefined ? [loopback, line] : [loopback]) {
    const place = await setting.open(scene, pages)
    try {
      for (const size of mebibytes === undefined ? setting.mebibytes : [Math.min(mebibytes, MOST_MIB)]) {
        figures.push(...figuresOf(setting, size, await measureRounds(scene, place, setting, size, runs), versions))
      }
    } finally {
      await place.close()
    }
  }
  return figures
}

async function measureRounds(scene: Scene, place: RivalPlace, { name: where }: Setting, mebibytes: number, runs: number): Promise<Rounds> {
  const file = await scene.randomFile(`rivals-${where.replaceAll(/\W/g, '')}-${mebibytes}.bin`, mebibytes * MIB)
  const rounds: Rounds = { ours: [], webtorrent: [], helia: [] }
  for (let round = 0; round < runs; round++) {
    const ours = await place.fetchOurs(mebibytes, MOST_MS).then(
      (ms): Fetched => ({ bytes: file.size, ms }),
      (error: unknown): Fetched => ({ bytes: 0, ms: MOST_MS, failure: firstLineOf(error) }),
    )
    rounds.ours.push(ours)
    for (const { name } of rivals) {
      rounds[name].push(await fetchByRival(place, name, file, `${where}-${mebibytes}-${round}`, limitBeside(ours)))
    }
    const said = Object.entries(rounds).map(([name, done]) => `${name} ${sayFetched(done.at(-1))}`)
    console.log(`${where}, ${mebibytes} MiB, round ${round + 1}: ${said.join('; ')}`)
  }
  return rounds
}

function limitBeside(ours: Fetched): Limit {
  const ms = PATIENCE * ours.ms
  const isOurs = ours.failure === undefined && ms < MOST_MS
  return isOurs ? { ms, words: `${PATIENCE} times as long as ours` } : { ms: MOST_MS, words: 'the most that anybody gets' }
}

function figuresOf(
  { name: where, goal, unit, bytesPerUnit, words }: Setting,
  mebibytes: number,
  rounds: Rounds,
  versions: Readonly<Record<RivalName, string>>,
): readonly Figure[] {
  const rate = ({ bytes, ms }: Fetched) => (ms === 0 ? 0 : ((bytes / ms) * 1000) / bytesPerUnit)
  /** The best whole fetch; where there is none, the best of those that failed. */
  const best = (done: readonly Fetched[]) => {
    const whole = done.filter(({ failure }) => failure === undefined)
    return (whole.length > 0 ? whole : done).toSorted((a, b) => rate(b) - rate(a))[0] as Fetched
  }
  const about = (done: readonly Fetched[]) => {
    const failed = done.flatMap(({ failure }) => failure ?? [])
    const all = `${where}, best of ${done.length} (${done.map((each) => rate(each).toFixed(1)).join(' ')})`
    return failed.length === 0 ? all : `${all}; ${failed.length} failed: ${failed[0]}`
  }
  const ours = best(rounds.ours)
  const fastest = rivals
    .map((each) => ({ ...each, fetched: best(rounds[each.name]) }))
    .filter(({ fetched }) => fetched.failure === undefined)
    .toSorted((a, b) => rate(b.fetched) - rate(a.fetched))[0]
  const ratio = fastest === undefined ? null : rate(ours) / rate(fastest.fetched)
  const beside = fastest === undefined ? 'no rival succeeded' : `${versions[fastest.name]}, ${rate(fastest.fetched).toFixed(1)} ${unit}`
  const whole = ours.failure === undefined
  return [
    {
      figure: `fetch from ${HOLDERS} holders, ${where}, ${mebibytes} MiB`,
      value: rate(ours),
      unit,
      reference: `${beside}; ${about(rounds.ours)}; ${words}; ${START}`,
      ratio,
      goal: `at least ${goal.toFixed(1)} x the faster rival`,
      met: whole && (ratio === null || ratio >= goal),
    },
    ...rivals.map(({ name, title }) => ({
      figure: `${title}, page to page, ${where}, ${mebibytes} MiB`,
      value: rate(best(rounds[name])),
      unit,
      reference: `${versions[name]}; ${about(rounds[name])}`,
      ratio: null,
      goal: 'measured',
      met: true,
    })),
  ]
}

function sayFetched(fetched: Fetched | undefined): string {
  if (fetched === undefined) return 'nothing'
  const { bytes, ms, failure } = fetched
  return failure === undefined
    ? `${(ms / 1000).toFixed(1)} s`
    : `failed with ${(bytes / MIB).toFixed(1)} MiB after ${(ms / 1000).toFixed(1)} s`
}
