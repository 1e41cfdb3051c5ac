import { expose, transfer } from 'comlink'
import type { CoderAnswer, CoderWorker } from '../src/adapters/browser/coder-worker.ts'
import { carryHoardErrors } from '../src/adapters/browser/hoard-errors.ts'
import { buffersOf, freeBytes } from '../src/adapters/browser/transfer-bytes.ts'
import { holdWorkerLife } from '../src/adapters/browser/worker-life.ts'
import { createCoding } from '../src/adapters/coding/create-coding.ts'
import type { Bytes } from '../src/core/bytes.ts'

const coding = createCoding(crypto.subtle, freeBytes)

/** The coder; the buffers that the page moved here go back to it with the answer. */
const coder: CoderWorker = {
  async seal(job, plaintext, spare) {
    const sealed = await answer(() => coding.seal(job, plaintext), [], spare)
    // The length of a file's own bytes is never needed again.
    freeBytes(plaintext)
    return sealed
  },
  open: (job, sealed, spare) => answer(() => coding.open(job, sealed), [sealed], spare),
  encode: (shape, stripe, rows, spare) => answer(() => coding.encode(shape, stripe, rows), [stripe], spare),
  digestStripe: (shape, stripe) => answer(() => coding.digestStripe(shape, stripe), [stripe]),
  decode: (shape, slices, stripeBytes, spare) =>
    answer(
      () => coding.decode(shape, slices, stripeBytes),
      slices.map(({ bytes }) => bytes),
      spare,
    ),
  async digestLeaves(given) {
    const digested = await coding.digestLeaves(given)
    return transfer(digested, buffersOf([digested.bytes, digested.digests]))
  },
}

async function answer(make: () => Promise<Bytes>, used: readonly Bytes[], spare?: Bytes): Promise<CoderAnswer> {
  if (spare !== undefined) coding.release(spare)
  const bytes = await make()
  return transfer({ bytes, used }, buffersOf([bytes, ...used]))
}

carryHoardErrors()
expose(coder)
holdWorkerLife(self)
