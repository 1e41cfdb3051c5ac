import type { Scene } from '../scene.ts'
import { openBenchPage } from './bench-page.ts'
import type { Figure } from './figure.ts'
import type { SlabBench } from './pages/slab.ts'
import type { SlabSample } from '../../workers/trials/slab-sample.ts'

declare const bench: SlabBench

const ROUNDS = 9
const PER_ROUND = 64

/**
 * Measures the slab store in a worker of a Chromium over real OPFS, with shards of 256 KiB, beside one file per shard and beside bare
 * appending.
 */
export async function measureSlab(scene: Scene): Promise<readonly Figure[]> {
  const { page, close } = await openBenchPage(scene, 'slab')
  try {
    const samples = await page.evaluate(
      ([rounds, perRound]) =>
        new Promise<readonly SlabSample[]>((resolve, reject) => {
          const worker = bench.startWorker()
          worker.addEventListener('error', (event) => reject(new Error(event.message)))
          worker.addEventListener('message', ({ data }: MessageEvent<{ readonly samples: readonly SlabSample[] }>) => resolve(data.samples))
          worker.postMessage({ is: 'measure', rounds, perRound })
        }),
      [ROUNDS, PER_ROUND] as const,
    )
    const rate = (name: keyof SlabSample) => (PER_ROUND * 1000) / median(samples.map((sample) => sample[name]))
    const ratio = (over: keyof SlabSample) => median(samples.map((sample) => sample[over] / sample.slab))
    const figure = (name: string, over: keyof SlabSample, what: string, goal: number): Figure => ({
      figure: name,
      value: rate('slab'),
      unit: 'shards/s',
      reference: `${what} ${rate(over).toFixed(0)}/s`,
      ratio: ratio(over),
      goal: `at least ${goal}x`,
      met: ratio(over) >= goal,
    })
    const stage = (name: 'wrap' | 'sums', figure: string): Figure => ({
      figure,
      value: (1000 * median(samples.map((sample) => sample[name]))) / PER_ROUND,
      unit: 'us a shard',
      reference: `of ${(1e6 / rate('slab')).toFixed(0)} us in all`,
      ratio: median(samples.map((sample) => sample[name] / sample.slab)),
      goal: 'measured',
      met: true,
    })
    return [
      figure('slab store, 256 KiB', 'filePerShard', 'one file each, made, written, flushed, closed', 10),
      figure('slab store, 256 KiB', 'append', 'bare append, same flushes', 0.7),
      figure('slab store, 256 KiB', 'wrappedAppend', 'append of wrapped bytes, same flushes', 0.7),
      stage('wrap', 'slab store, wrapping by AES-CTR alone'),
      stage('sums', 'slab store, sums of blocks alone'),
    ]
  } finally {
    await close()
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}
