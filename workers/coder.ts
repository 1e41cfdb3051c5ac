import { expose } from 'comlink'
import { carryHoardErrors } from '../src/adapters/browser/hoard-errors.ts'
import { moved } from '../src/adapters/browser/transfer-bytes.ts'
import { holdWorkerLife } from '../src/adapters/browser/worker-life.ts'
import { createCoding } from '../src/adapters/coding/create-coding.ts'
import type { Coder } from '../src/ports/coder.ts'

const coding = createCoding(crypto.subtle)

/** The coder, its answers moved to the page. */
const coder: Coder = {
  seal: async (job, plaintext) => moved(await coding.seal(job, plaintext)),
  open: async (job, sealed) => moved(await coding.open(job, sealed)),
  encode: async (shape, stripe, rows) => moved(await coding.encode(shape, stripe, rows)),
  digestStripe: async (shape, stripe) => moved(await coding.digestStripe(shape, stripe)),
  decode: async (shape, slices, stripeBytes) => moved(await coding.decode(shape, slices, stripeBytes)),
  digestLeaves: async (bytes) => moved(await coding.digestLeaves(bytes)),
}

carryHoardErrors()
expose(coder)
holdWorkerLife(self)
