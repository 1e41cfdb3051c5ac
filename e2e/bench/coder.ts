import type { Scene } from '../scene.ts'
import { openBenchPage } from './bench-page.ts'
import { LEAF_BYTES, SLICE_BYTES } from '../../src/core/sizes.ts'
import type { Figure } from './figure.ts'
import type { CoderBench } from './pages/coder.ts'
import type { Code } from './pages/material.ts'

declare const bench: CoderBench

/** The widest row of the default policy. */
const CODE: Code = { k: 8, n: 32 }
const STRIPE = CODE.k * SLICE_BYTES
const codes: readonly Code[] = [CODE, { k: 16, n: 48 }, { k: 20, n: 60 }]

/**
 * Measures the erasure code beside the plain kernel and an npm coder, the coder's stages beside their primitives, and its pipelines beside
 * their stages.
 */
export async function measureCoder(scene: Scene): Promise<readonly Figure[]> {
  const { page, close } = await openBenchPage(scene, 'coder')
  const figures: Figure[] = []
  for (const code of codes) {
    const { kernel, plain, oracle, build } = await page.evaluate((each) => bench.stages.erasure(each), code)
    const name = `erasure encode (${code.k},${code.n}), ${build} SIMD`
    const bytes = code.k * LEAF_BYTES
    figures.push(
      faster(name, bytes, kernel, 'the plain kernel', plain, 10),
      faster(`${name}, oracle`, bytes, kernel, 'an npm wasm coder', oracle, 8),
      faster(`plain kernel (${code.k},${code.n})`, bytes, plain, 'an npm wasm coder', oracle, 0.3),
    )
  }

  const alone = await page.evaluate((each) => bench.stages.store(each), CODE)
  const of = (stage: string) => `coder stage: ${stage} (${CODE.k},${CODE.n})`
  figures.push(
    faster(of('seal'), STRIPE, alone.seal, 'bare encrypt of 256 KiB', alone['bare encrypt'], 0.85),
    faster(of('code'), STRIPE, alone.code, 'bare kernel', alone['bare kernel'], 0.9),
    faster(of('Merkle leaves'), STRIPE, alone.digest, 'bare digest of 64 KiB', alone['bare digest'], 0.85),
    faster(of('slices out'), STRIPE, alone.encode - alone['code to send'], 'a warm copy', alone['bare copy'], 0.5),
  )
  const { one, two, call } = await page.evaluate((each) => bench.store(each), CODE)
  const sum = alone.seal + alone.code + alone.digest + alone.encode
  figures.push(
    faster('coder pipeline, one worker', STRIPE, one, 'its stages one after the other', sum, 0.85),
    faster('coder pipeline, two workers', STRIPE, two, 'one worker', one, 1.6),
  )
  const share = (3 * call) / one
  const reference = `${one.toFixed(1)} ms per stripe of three calls`
  figures.push({
    figure: 'worker boundary',
    value: 1000 * call,
    unit: 'us per call',
    reference,
    ratio: share,
    goal: 'at most 0.02',
    met: share <= 0.02,
  })

  const { systematic, lost } = await page.evaluate((each) => bench.fetch(each), CODE)
  figures.push(faster('fetch pipeline, all data slices lost', STRIPE, lost, 'systematic', systematic, 0.65))
  await close()
  return figures
}

/** Returns a figure in MB/s of source; both times are milliseconds for `bytes` of it. */
function faster(figure: string, bytes: number, time: number, what: string, reference: number, goal: number): Figure {
  const rate = (milliseconds: number) => bytes / 1e3 / milliseconds
  const ratio = reference / time
  const beside = `${what}, ${rate(reference).toFixed(0)} MB/s`
  return { figure, value: rate(time), unit: 'MB/s', reference: beside, ratio, goal: `at least ${goal}`, met: ratio >= goal }
}
