import { expose, transfer } from 'comlink'
import { carryHoardErrors } from '../src/adapters/browser/hoard-errors.ts'
import { moved } from '../src/adapters/browser/transfer-bytes.ts'
import { holdWorkerLife } from '../src/adapters/browser/worker-life.ts'
import { createCoding } from '../src/adapters/coding/create-coding.ts'
import type { Bytes } from '../src/core/bytes.ts'
import type { Coder } from '../src/ports/coder.ts'

const coding = createCoding(crypto.subtle)

/** The coder, its answers moved to the page. What the page moved here is used again. */
const coder: Coder = {
  lanes: coding.lanes,
  seal: async (job, plaintext) => answered(await coding.seal(job, plaintext), plaintext),
  open: async (job, sealed) => answered(await coding.open(job, sealed), sealed),
  encode: async (shape, stripe, rows) => answered(await coding.encode(shape, stripe, rows), stripe),
  digestStripe: async (shape, stripe) => answered(await coding.digestStripe(shape, stripe), stripe),
  decode: async (shape, slices, stripeBytes) =>
    answered(await coding.decode(shape, slices, stripeBytes), ...slices.map(({ bytes }) => bytes as Bytes)),
  async digestLeaves(given) {
    const { bytes, digests } = await coding.digestLeaves(given)
    return transfer({ bytes, digests }, [bytes.buffer, digests.buffer])
  },
  release: (bytes) => coding.release(bytes),
}

function answered(answer: Bytes, ...used: readonly Bytes[]): Bytes {
  for (const bytes of used) coding.release(bytes)
  return moved(answer)
}

carryHoardErrors()
expose(coder)
holdWorkerLife(self)
