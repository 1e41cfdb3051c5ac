import { transfer, type Remote } from 'comlink'
import type { Bytes } from '../../core/bytes.ts'
import type { Coder } from '../../ports/coder.ts'
import coderUrl from '../../../workers/coder.ts?worker&url'
import { consumed, moved } from './transfer-bytes.ts'
import { createWorkerLink, type WorkerLink } from './worker-link.ts'

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

  async function run(call: (coder: Remote<Coder>) => Promise<Bytes>): Promise<Bytes> {
    const [first, ...others] = links
    if (!first) throw new RangeError('a coder has at least one worker')
    const link = others.reduce((best, other) => (other.busy() < best.busy() ? other : best), first)
    const bytes = await link.run(call)
    makers.set(bytes.buffer, link)
    return bytes
  }

  return {
    seal: (job, plaintext) => run((coder) => coder.seal(job, consumed(plaintext))),
    open: (job, sealed) => run((coder) => coder.open(job, consumed(sealed))),
    encode: (shape, stripe, rows) => run((coder) => coder.encode(shape, consumed(stripe), rows)),
    digestStripe: (shape, stripe) => run((coder) => coder.digestStripe(shape, consumed(stripe))),
    decode(shape, slices, stripeBytes) {
      const own = slices.map(({ index, bytes }) => ({ index, bytes: consumed(bytes) }))
      return run((coder) => coder.decode(shape, transfer(own, buffersOf(own)), stripeBytes))
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
