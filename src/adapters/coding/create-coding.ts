import type { Bytes, FreeBytes } from '../../core/bytes.ts'
import { assert, HoardError } from '../../core/errors.ts'
import { decodeStripe, encodeRows } from '../../core/erasure.ts'
import { recordNonce } from '../../core/records.ts'
import { RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES, TAG_BYTES } from '../../core/sizes.ts'
import type { Coder, SealJob } from '../../ports/coder.ts'
import { createErasureKernel, type ErasureKernel } from './erasure-kernel.ts'
import { digestLeavesInto, leafCount } from './leaf-digests.ts'
import { createRecordKeys } from './record-keys.ts'
import { createSpareBuffers } from './spare-buffers.ts'
import { digestStripe } from './stripe-digests.ts'
import { DIGEST_BYTES } from '../../core/merkle.ts'

/** Records under way at once: Firefox and Node overlap them, and Chromium loses nothing. research: AEAD. */
const RECORDS_IN_FLIGHT = 4

/**
 * Returns the coder that works on the calling thread with WebCrypto `subtle`: the browser's worker, Node and tests all run it. `free` gets
 * buffers that are no longer used. SPEC SEA1, ERA2, ERA3, SHD2.
 */
export function createCoding(subtle: SubtleCrypto, free?: FreeBytes): Coder {
  const keyOf = createRecordKeys(subtle)
  const spares = createSpareBuffers(free)
  // Made when first needed: a device that only seals and opens does not need the kernel's memory.
  let kernel: ErasureKernel | undefined
  const erasure = (): ErasureKernel => (kernel ??= createErasureKernel())

  return {
    lanes: 2,

    async seal(job, plaintext) {
      assert(
        plaintext.length > 0 && (job.isEnd || plaintext.length % RECORD_PLAIN_BYTES === 0),
        'only the last record of an object is short',
      )
      const records = Math.ceil(plaintext.length / RECORD_PLAIN_BYTES)
      const sealed = spares.take(plaintext.length + records * TAG_BYTES)
      const key = await keyOf(job)
      await inLanes(records, RECORDS_IN_FLIGHT, async (record) => {
        const plain = plaintext.subarray(record * RECORD_PLAIN_BYTES, (record + 1) * RECORD_PLAIN_BYTES)
        const cipher = new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv: nonceOf(job, record, records) }, key, plain))
        sealed.set(cipher, record * RECORD_SEALED_BYTES)
        free?.(cipher)
      })
      return sealed
    },

    async open(job, sealed) {
      const records = Math.ceil(sealed.length / RECORD_SEALED_BYTES)
      const lastBytes = sealed.length - (records - 1) * RECORD_SEALED_BYTES
      if (records === 0 || lastBytes <= TAG_BYTES)
        throw new HoardError('record-damaged', { record: job.firstRecord + Math.max(0, records - 1) })
      const plaintext = spares.take(sealed.length - records * TAG_BYTES)
      const key = await keyOf(job)
      await inLanes(records, RECORDS_IN_FLIGHT, async (record) => {
        const cipher = sealed.subarray(record * RECORD_SEALED_BYTES, (record + 1) * RECORD_SEALED_BYTES)
        const plain = await subtle.decrypt({ name: 'AES-GCM', iv: nonceOf(job, record, records) }, key, cipher).catch((cause: unknown) => {
          throw new HoardError('record-damaged', { record: job.firstRecord + record }, cause)
        })
        const opened = new Uint8Array(plain)
        plaintext.set(opened, record * RECORD_PLAIN_BYTES)
        free?.(opened)
      })
      return plaintext
    },

    async encode(shape, stripe, rows) {
      return encodeRows(shape, stripe, rows, erasure().combine, spares.take)
    },

    async digestStripe(shape, stripe) {
      return digestStripe(subtle, erasure(), shape, stripe)
    },

    async decode(shape, slices, stripeBytes) {
      return decodeStripe(shape, slices, stripeBytes, erasure().combine, spares.take)
    },

    release: (bytes) => spares.give(bytes),
    spare: (length) => spares.take(length),

    async digestLeaves(bytes) {
      const digests = new Uint8Array(leafCount(bytes.length) * DIGEST_BYTES)
      await digestLeavesInto(subtle, erasure(), bytes, digests)
      return { bytes, digests }
    },
  }
}

function nonceOf(job: SealJob, record: number, records: number): Bytes {
  return recordNonce(job.firstRecord + record, job.isEnd && record === records - 1 ? 'last' : 'inner')
}

/** Runs `work` for 0..count-1, `width` of them at a time. After an error it begins none, and throws the error once none is under way. */
async function inLanes(count: number, width: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    try {
      while (next < count) await work(next++)
    } catch (error) {
      next = count
      throw error
    }
  }
  for (const ended of await Promise.allSettled(Array.from({ length: Math.min(width, count) }, lane))) {
    if (ended.status === 'rejected') throw ended.reason
  }
}
