import { transfer, type Remote } from 'comlink'
import type { Bytes } from '../../core/bytes.ts'
import { RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES, TAG_BYTES } from '../../core/sizes.ts'
import type { Coder } from '../../ports/coder.ts'
import coderUrl from '../../../workers/coder.ts?worker&url'
import { createSpareBuffers, type SpareBuffers } from '../coding/spare-buffers.ts'
import type { CoderAnswer, CoderWorker } from './coder-worker.ts'
import { buffersOf, consumed, freeBytes, moved } from './transfer-bytes.ts'
import { createWorkerLink } from './worker-link.ts'

/** Most lanes. Each holds a few MiB, which phones and full laptops lack. */
const MOST_LANES = 4

/** A pool of workers as one coder. */
export interface WorkerCoder extends Coder {
  /** Ends the workers; calls under way throw 'worker-died'. */
  close(): void
}

/**
 * Returns the coder that works in `workers` threads (one core is left for the page), each started when the others are busy. A call goes to
 * the least busy thread; buffers are moved, never cloned, and come back into `spares`; a worker that dies is replaced.
 */
export function createWorkerCoder({
  workers = threads(),
  url = coderUrl,
  spares = createSpareBuffers(freeBytes),
}: { readonly workers?: number; readonly url?: string; readonly spares?: SpareBuffers } = {}): WorkerCoder {
  const links = Array.from({ length: workers }, () => createWorkerLink<CoderWorker>(url))

  function run<Answer>(call: (coder: Remote<CoderWorker>) => Promise<Answer>): Promise<Answer> {
    const [first, ...others] = links
    if (!first) throw new RangeError('a coder has at least one worker')
    const link = others.reduce((best, other) => (other.busy() < best.busy() ? other : best), first)
    return link.run(call)
  }

  /** Runs `call` with a spare buffer for an answer of `length` bytes, if there is one. */
  async function make(length: number, call: (coder: Remote<CoderWorker>, spare?: Bytes) => Promise<CoderAnswer>): Promise<Bytes> {
    const { bytes, used } = await run((coder) => {
      const spare = spares.find(length)
      return spare === undefined ? call(coder) : call(coder, moved(spare))
    })
    for (const each of used) spares.give(each)
    return bytes
  }

  return {
    lanes: Math.min(MOST_LANES, workers + 1),
    seal(job, plaintext) {
      const length = plaintext.length + Math.ceil(plaintext.length / RECORD_PLAIN_BYTES) * TAG_BYTES
      return make(length, (coder, spare) => coder.seal(job, consumed(plaintext), spare))
    },
    open(job, sealed) {
      const length = sealed.length - Math.ceil(sealed.length / RECORD_SEALED_BYTES) * TAG_BYTES
      return make(length, (coder, spare) => coder.open(job, consumed(sealed), spare))
    },
    encode(shape, stripe, rows) {
      const length = rows.length * Math.ceil(stripe.length / shape.k)
      return make(length, (coder, spare) => coder.encode(shape, consumed(stripe), rows, spare))
    },
    digestStripe: (shape, stripe) => make(0, (coder) => coder.digestStripe(shape, consumed(stripe))),
    decode(shape, slices, stripeBytes) {
      const own = slices.map(({ index, bytes }) => ({ index, bytes: consumed(bytes) }))
      const buffers = buffersOf(own.map(({ bytes }) => bytes))
      return make(stripeBytes, (coder, spare) => coder.decode(shape, transfer(own, buffers), stripeBytes, spare))
    },
    digestLeaves: (bytes) => run((coder) => coder.digestLeaves(consumed(bytes))),
    release: (bytes) => spares.give(bytes),
    spare: (length) => spares.take(length),
    close() {
      for (const link of links) link.close()
    },
  }
}

function threads(): number {
  return Math.max(1, (navigator.hardwareConcurrency || 2) - 1)
}
