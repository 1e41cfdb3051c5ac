import { transfer, type Remote } from 'comlink'
import type { Bytes } from '../../core/bytes.ts'
import type { Coder } from '../../ports/coder.ts'
import coderUrl from '../../../workers/coder.ts?worker&url'
import { consumed, moved } from './transfer-bytes.ts'
import { createWorkerLink, type WorkerLink } from './worker-link.ts'

/** Each lane holds a few MiB: beyond this more of them cost memory that phones and full laptops miss. */
const MOST_LANES = 4

/** A pool of workers as one coder. */
export interface WorkerCoder extends Coder {
  /** Ends the workers; calls under way throw 'worker-died'. */
  close(): void
}

/**
 * Returns the coder that works in `workers` threads (one core is left for the page), each started when the others are busy. A call goes to
 * the least busy one; buffers are moved, never cloned; a worker that dies is replaced.
 */
export function createWorkerCoder({
  workers = threads(),
  url = coderUrl,
}: { readonly workers?: number; readonly url?: string } = {}): WorkerCoder {
  const links = Array.from({ length: workers }, () => createWorkerLink<Coder>(url))

  /** Which worker made a buffer: given back, it is of use to that one. */
  const makers = new WeakMap<ArrayBuffer, WorkerLink<Coder>>()

  async function run<Answer>(call: (coder: Remote<Coder>, link: WorkerLink<Coder>) => Promise<Answer>): Promise<Answer> {
    const [first, ...others] = links
    if (!first) throw new RangeError('a coder has at least one worker')
    const link = others.reduce((best, other) => (other.busy() < best.busy() ? other : best), first)
    return link.run((coder) => call(coder, link))
  }

  function make(call: (coder: Remote<Coder>) => Promise<Bytes>): Promise<Bytes> {
    return run(async (coder, link) => {
      const bytes = await call(coder)
      makers.set(bytes.buffer, link)
      return bytes
    })
  }

  return {
    lanes: Math.min(MOST_LANES, workers + 1),
    seal: (job, plaintext) => make((coder) => coder.seal(job, consumed(plaintext))),
    open: (job, sealed) => make((coder) => coder.open(job, consumed(sealed))),
    encode: (shape, stripe, rows) => make((coder) => coder.encode(shape, consumed(stripe), rows)),
    digestStripe: (shape, stripe) => make((coder) => coder.digestStripe(shape, consumed(stripe))),
    decode(shape, slices, stripeBytes) {
      const own = slices.map(({ index, bytes }) => ({ index, bytes: consumed(bytes) }))
      return make((coder) => coder.decode(shape, transfer(own, buffersOf(own)), stripeBytes))
    },
    digestLeaves: (bytes) => run((coder) => coder.digestLeaves(consumed(bytes))),
    release(bytes) {
      const link = makers.get(bytes.buffer)
      if (link === undefined || bytes.byteLength !== bytes.buffer.byteLength) return
      // A worker that is gone has no use for it.
      link.run((coder) => coder.release(moved(bytes))).catch(() => undefined)
    },
    close() {
      for (const link of links) link.close()
    },
  }
}

function threads(): number {
  return Math.max(1, (navigator.hardwareConcurrency || 2) - 1)
}

/** Each buffer once: a list to transfer must not name one twice. */
function buffersOf(slices: readonly { readonly bytes: Bytes }[]): ArrayBuffer[] {
  return [...new Set(slices.map(({ bytes }) => bytes.buffer))]
}
