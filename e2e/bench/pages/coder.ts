import { wrap } from 'comlink'
import { createWorkerCoder, type WorkerCoder } from '../../../src/adapters/browser/worker-coder.ts'
import type { CoderWorker } from '../../../src/adapters/browser/coder-worker.ts'
import { moved } from '../../../src/adapters/browser/transfer-bytes.ts'
import { createWorkerLink } from '../../../src/adapters/browser/worker-link.ts'
import { trustedScriptUrl } from '../../../src/adapters/browser/worker-url.ts'
import { shardCountFor } from '../../../src/core/descriptor.ts'
import { RECORD_PLAIN_BYTES, SLICE_BYTES } from '../../../src/core/sizes.ts'
import coderUrl from '../../../workers/coder.ts?worker&url'
import { fastest } from './fastest.ts'
import { noise, numbers, sealJob, type Code } from './material.ts'
import type { Stages } from './stages.ts'
import stagesUrl from './stages.ts?worker&url'

/** Stripes of one timing: enough that those under way at its ends do not count. */
const STRIPES = 48

const bench = {
  stages: wrap<Stages>(new Worker(trustedScriptUrl(stagesUrl), { type: 'module' })),

  /** Milliseconds per stripe through one worker and through two, and of a call that does nothing. */
  async store(code: Code) {
    const [one, two] = [createWorkerCoder({ workers: 1 }), createWorkerCoder({ workers: 2 })]
    const link = createWorkerLink<CoderWorker>(coderUrl)
    const plain = noise(code.k * RECORD_PLAIN_BYTES)
    let sources: Uint8Array<ArrayBuffer>[] = []
    // The coder does not read the file: its bytes are there before the timing begins.
    const read = () => (sources = numbers(0, STRIPES).map(() => plain.slice()))
    const times = await fastest(5, {
      one: { before: read, run: () => storeStripes(one, code, sources) },
      two: { before: read, run: () => storeStripes(two, code, sources) },
      calls: async () => {
        for (let call = 0; call < 100; call++) await link.run((coder) => coder.digestLeaves(moved(new Uint8Array())))
      },
    })
    for (const each of [one, two, link]) each.close()
    return { one: times.one / STRIPES, two: times.two / STRIPES, call: times.calls / 100 }
  },

  /** Milliseconds per stripe to check k slices of it, rebuild it and open it: with all data slices, and with none. */
  async fetch({ k, n }: Code) {
    const coder = createWorkerCoder({ workers: 1 })
    const t = shardCountFor(n)
    const sealed = await coder.seal(sealJob, noise(k * RECORD_PLAIN_BYTES))
    const all = await coder.encode({ k, t }, sealed.slice(), numbers(0, 2 * k))
    const slicesFrom = (first: number) =>
      numbers(first, first + k).map((index) => ({ index, bytes: all.slice(index * SLICE_BYTES, (index + 1) * SLICE_BYTES) }))
    const [data, parity] = [slicesFrom(0), slicesFrom(k)]
    const fetch = (slices: typeof data) => async () => {
      await inLanes(2, async () => {
        await Promise.all(slices.map(({ bytes }) => coder.digestLeaves(bytes.slice())))
        const stripe =
          slices === data ? joined(slices, coder.spare(k * SLICE_BYTES)) : await coder.decode({ k, t }, copiesOf(slices), k * SLICE_BYTES)
        coder.release(await coder.open(sealJob, stripe))
      })
    }
    const times = await fastest(6, { systematic: fetch(data), lost: fetch(parity) })
    coder.close()
    return { systematic: times.systematic / STRIPES, lost: times.lost / STRIPES }
  },
}

/** Seals, describes and codes the stripes of `sources` as a store does, with as many under way. */
async function storeStripes(coder: WorkerCoder, { k, n }: Code, sources: Uint8Array<ArrayBuffer>[]): Promise<void> {
  const t = shardCountFor(n)
  await inLanes(coder.lanes, async () => {
    const source = sources.pop()
    if (source === undefined) throw new Error('a stripe has no source')
    const sealed = await coder.seal(sealJob, source)
    // A store reads its outbox again into used buffers.
    const again = coder.spare(sealed.length)
    again.set(sealed)
    await coder.digestStripe({ k, t }, again)
    coder.release(await coder.encode({ k, t }, sealed, numbers(0, n)))
  })
}

async function inLanes(lanes: number, work: () => Promise<void>): Promise<void> {
  let left = STRIPES
  await Promise.all(
    numbers(0, lanes).map(async () => {
      while (left-- > 0) await work()
    }),
  )
}

function joined(slices: readonly { readonly bytes: Uint8Array }[], whole: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  slices.forEach(({ bytes }, at) => whole.set(bytes, at * SLICE_BYTES))
  return whole
}

function copiesOf<T extends { readonly bytes: Uint8Array }>(slices: readonly T[]) {
  return slices.map((slice) => ({ ...slice, bytes: slice.bytes.slice() }))
}

export type CoderBench = typeof bench

Object.assign(globalThis, { bench })
