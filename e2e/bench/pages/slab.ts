import { trustedScriptUrl } from '../../../src/adapters/browser/worker-url.ts'
import slabUrl from '../../../workers/trials/slab-trial.ts?worker&url'

const bench = {
  /** Starts the worker that writes, checks or measures slabs, as its first message says. */
  startWorker: () => new Worker(trustedScriptUrl(slabUrl), { type: 'module' }),
}

export type SlabBench = typeof bench

Object.assign(globalThis, { bench })
