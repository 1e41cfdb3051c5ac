import type { Bytes } from '../../core/bytes.ts'
import { assert, HoardError } from '../../core/errors.ts'
import { decodeStripe, encodeRows } from '../../core/erasure.ts'
import { recordNonce } from '../../core/records.ts'
import { RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES, TAG_BYTES } from '../../core/sizes.ts'
import type { Coder, SealJob } from '../../ports/coder.ts'
import { digestLeavesInto, leafCount, DIGEST_BYTES } from './leaf-digests.ts'
import { createRecordKeys } from './record-keys.ts'

/** Records under way at once: Firefox and Node overlap them, Chromium loses nothing. research: AEAD. */
const RECORDS_IN_FLIGHT = 4
/** Rows coded and digested at once, so that a wide code does not hold all its slices in memory. */
const ROWS_AT_ONCE = 16

/**
 * Returns the coder that works on the calling thread with WebCrypto `subtle`: what the browser's worker, Node and tests all run.
 * SPEC SEA1, ERA2, ERA3, SHD2.
 */
export function createCoding(subtle: SubtleCrypto): Coder {
  const keyOf = createRecordKeys(subtle)

  return {
    async seal(job, plaintext) {
      assert(
        plaintext.length > 0 && (job.isEnd || plaintext.length % RECORD_PLAIN_BYTES === 0),
        'only the last record of an object is short',
      )
      const records = Math.ceil(plaintext.length / RECORD_PLAIN_BYTES)
      const sealed = new Uint8Array(plaintext.length + records * TAG_BYTES)
      const key = await keyOf(job)
      await inBatches(records, RECORDS_IN_FLIGHT, async (record) => {
        const plain = plaintext.subarray(record * RECORD_PLAIN_BYTES, (record + 1) * RECORD_PLAIN_BYTES)
        const cipher = await subtle.encrypt({ name: 'AES-GCM', iv: nonceOf(job, record, records) }, key, plain)
        sealed.set(new Uint8Array(cipher), record * RECORD_SEALED_BYTES)
      })
      return sealed
    },

    async open(job, sealed) {
      const records = Math.ceil(sealed.length / RECORD_SEALED_BYTES)
      const lastBytes = sealed.length - (records - 1) * RECORD_SEALED_BYTES
      if (records === 0 || lastBytes <= TAG_BYTES)
        throw new HoardError('record-damaged', { record: job.firstRecord + Math.max(0, records - 1) })
      const plaintext = new Uint8Array(sealed.length - records * TAG_BYTES)
      const key = await keyOf(job)
      await inBatches(records, RECORDS_IN_FLIGHT, async (record) => {
        const cipher = sealed.subarray(record * RECORD_SEALED_BYTES, (record + 1) * RECORD_SEALED_BYTES)
        const plain = await subtle.decrypt({ name: 'AES-GCM', iv: nonceOf(job, record, records) }, key, cipher).catch((cause: unknown) => {
          throw new HoardError('record-damaged', { record: job.firstRecord + record }, cause)
        })
        plaintext.set(new Uint8Array(plain), record * RECORD_PLAIN_BYTES)
      })
      return plaintext
    },

    async encode(shape, stripe, rows) {
      return encodeRows(shape, stripe, rows)
    },

    async digestStripe(shape, stripe) {
      const sliceBytes = Math.ceil(stripe.length / shape.k)
      const leaves = leafCount(sliceBytes)
      const digests = new Uint8Array(shape.t * leaves * DIGEST_BYTES)
      for (let first = 0; first < shape.t; first += ROWS_AT_ONCE) {
        const rows = Array.from({ length: Math.min(ROWS_AT_ONCE, shape.t - first) }, (_, row) => first + row)
        const slices = encodeRows(shape, stripe, rows)
        for (let row = 0; row < rows.length; row++) {
          const slice = slices.subarray(row * sliceBytes, (row + 1) * sliceBytes)
          await digestLeavesInto(subtle, slice, digests.subarray((first + row) * leaves * DIGEST_BYTES))
        }
      }
      return digests
    },

    async decode(shape, slices, stripeBytes) {
      return decodeStripe(shape, slices, stripeBytes)
    },

    async digestLeaves(bytes) {
      const digests = new Uint8Array(leafCount(bytes.length) * DIGEST_BYTES)
      await digestLeavesInto(subtle, bytes, digests)
      return digests
    },
  }
}

function nonceOf(job: SealJob, record: number, records: number): Bytes {
  return recordNonce(job.firstRecord + record, job.isEnd && record === records - 1 ? 'last' : 'inner')
}

/** Runs `work` for 0..count-1, `width` at a time. */
async function inBatches(count: number, width: number, work: (number: number) => Promise<void>): Promise<void> {
  for (let first = 0; first < count; first += width) {
    await Promise.all(Array.from({ length: Math.min(width, count - first) }, (_, number) => work(first + number)))
  }
}
