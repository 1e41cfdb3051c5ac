import type { Bytes } from '../../core/bytes.ts'
import type { Digested, SealJob } from '../../ports/coder.ts'
import type { ErasureShape, IndexedSlice } from '../../core/erasure.ts'

/** The answer of a coder worker: the bytes it made, and the buffers that were handed to it, for other uses. All of them are moved. */
export interface CoderAnswer {
  readonly bytes: Bytes
  readonly used: readonly Bytes[]
}

/** The coder that `workers/coder.ts` exposes through Comlink: each call takes a spare buffer for its answer where the page has one. */
export interface CoderWorker {
  seal(job: SealJob, plaintext: Bytes, spare?: Bytes): Promise<CoderAnswer>
  open(job: SealJob, sealed: Bytes, spare?: Bytes): Promise<CoderAnswer>
  encode(shape: ErasureShape, stripe: Bytes, rows: readonly number[], spare?: Bytes): Promise<CoderAnswer>
  digestStripe(shape: ErasureShape, stripe: Bytes): Promise<CoderAnswer>
  decode(shape: ErasureShape, slices: readonly IndexedSlice<Bytes>[], stripeBytes: number, spare?: Bytes): Promise<CoderAnswer>
  digestLeaves(bytes: Bytes): Promise<Digested>
}
