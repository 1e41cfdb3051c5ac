import type { Bytes } from '../core/bytes.ts'
import type { ErasureShape, IndexedSlice } from '../core/erasure.ts'
import type { FileKey } from '../core/ids.ts'
import type { RecordKind } from '../core/keys.ts'

/** The object that is sealed, and with it the record key of its file key. SPEC KEY4, SEA1. */
export interface SealJob {
  readonly fileKey: FileKey
  readonly kind: RecordKind
  /** Empty for content and link, else 32 fresh random bytes. */
  readonly r: Uint8Array
  /** Number of the first record of the bytes handed over. */
  readonly firstRecord: number
  /** The last record handed over is the object's last one. */
  readonly isEnd: boolean
}

/** Bytes that were handed over to be digested, and the digests of their leaves. */
export interface Digested {
  readonly bytes: Bytes
  readonly digests: Bytes
}

/**
 * The heavy work, off the page's thread. Buffers handed over are consumed: they may be transferred and detached.
 * Every method throws HoardError 'worker-died' when its worker ended; the same call may be made again.
 */
export interface Coder {
  /** Number of calls that are worth having under way at once: some are worked on while the next ones wait for them. At least 2. */
  readonly lanes: number
  /** Seals whole records (262,128 bytes each, the last may be shorter): returns 16 bytes more per record. */
  seal(job: SealJob, plaintext: Bytes): Promise<Bytes>
  /** Opens what `seal` made. Throws 'record-damaged' when any record fails its tag. */
  open(job: SealJob, sealed: Bytes): Promise<Bytes>
  /** Codes one stripe and returns the slices of `rows`, in that order, one after the other. SPEC ERA2. */
  encode(shape: ErasureShape, stripe: Bytes, rows: readonly number[]): Promise<Bytes>
  /** Codes one stripe and returns only the leaf digests of all `t` slices: t x ceil(sliceBytes / 65,536) x 32 bytes, slice by slice. */
  digestStripe(shape: ErasureShape, stripe: Bytes): Promise<Bytes>
  /** Rebuilds a stripe of `stripeBytes` from exactly `k` different slices. SPEC ERA3. */
  decode(shape: ErasureShape, slices: readonly IndexedSlice<Bytes>[], stripeBytes: number): Promise<Bytes>
  /**
   * Gives back a whole buffer that nobody will read any more: a later answer of the same length needs no new one. Callers need not call it,
   * but buffers of MiB should come back: collectors let some 64 MiB of large buffers wait in every thread.
   */
  release(bytes: Bytes): void
  /** Returns `length` bytes of any content, from a released buffer where there is one. */
  spare(length: number): Bytes
  /**
   * Returns the digests of the 64 KiB leaves of `bytes`, 32 bytes each, one after the other, and hands back the bytes themselves. SPEC
   * SHD2.
   */
  digestLeaves(bytes: Bytes): Promise<Digested>
}
