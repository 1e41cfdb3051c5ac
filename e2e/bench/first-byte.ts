import { readFile } from 'node:fs/promises'
import { SLICE_BYTES } from '../../src/core/sizes.ts'
import { addFile, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from '../app.ts'
import type { Scene } from '../scene.ts'
import { openBenchPage } from './bench-page.ts'
import type { Figure } from './figure.ts'
import type { ReaderBench } from './pages/reader.ts'

declare const bench: ReaderBench

const MIB = 1024 * 1024
const SAMPLES = 9
const ROUNDS = 3
/** Bytes received per byte of a slice: it comes with the proof of its leaves and the heads of its messages. */
const SLICE_AND_PROOF = 1.02

/**
 * Reads single bytes at random places of a file of `mebibytes`, in the peer of a page that knows its holders; returns round trips, slices
 * and time.
 */
export async function measureFirstByte(scene: Scene, mebibytes: number): Promise<readonly Figure[]> {
  const policy = await scene.policy({ code: [{ holders: 3, k: 2, n: 3 }] })
  const swarm = await scene.swarm({ peers: 3, policy })
  const file = await scene.randomFile('film.bin', mebibytes * MIB)
  const owner = await scene.browser('owner', swarm.url)
  await waitForPeople(owner.page, 3)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, 3, 60 * MINUTE)
  await waitForStatus(rowOf(owner.page, file.name), ['Fragile', 'Protected', 'Strong'], 60 * MINUTE)
  const link = await shareLink(owner.page, file.name)
  await owner.close()

  const reader = await openBenchPage(scene, 'reader', await readFile(swarm.networkFile, 'utf8'))
  const { page } = reader
  await page.evaluate(([fragment, holders]) => bench.open(fragment, holders), [link.slice(link.indexOf('#') + 1), 3] as const)
  const samples = []
  for (let at = 0; at < SAMPLES; at++) {
    const offset = Math.floor(((at + Math.random()) / SAMPLES) * file.size)
    samples.push(await page.evaluate((each) => bench.firstByte(each), offset))
  }
  const roundTrip = middle(await page.evaluate(() => bench.roundTrips()))
  await reader.close()

  const rounds = Math.max(...samples.map((sample) => sample.rounds))
  const slices = Math.max(...samples.map(({ receivedBytes }) => receivedBytes / SLICE_BYTES))
  const ms = middle(samples.map((sample) => sample.ms))
  const where = `most of ${SAMPLES} reads of a byte anywhere in ${mebibytes} MiB, connected`
  return [
    {
      figure: 'first byte, round trips',
      value: rounds,
      unit: 'round trips',
      reference: where,
      ratio: null,
      goal: `at most ${ROUNDS}`,
      met: rounds <= ROUNDS,
    },
    {
      figure: 'first byte, slices',
      value: slices,
      unit: 'slices',
      reference: where,
      ratio: null,
      goal: 'at most 1, with its proof',
      met: slices <= SLICE_AND_PROOF,
    },
    {
      figure: 'first byte, time',
      value: ms,
      unit: 'ms',
      reference: `hello and its answer ${roundTrip.toFixed(1)} ms`,
      ratio: roundTrip > 0 ? ms / roundTrip : null,
      goal: 'measured',
      met: true,
    },
  ]
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
