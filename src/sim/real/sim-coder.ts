import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { createErasureKernel } from '../../adapters/coding/erasure-kernel.ts'
import type { Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { decodeStripe, encodeRows } from '../../core/erasure.ts'
import { recordKeyOf } from '../../core/keys.ts'
import { DIGEST_BYTES } from '../../core/merkle.ts'
import { recordNonce } from '../../core/records.ts'
import { LEAF_BYTES, RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES, TAG_BYTES } from '../../core/sizes.ts'
import type { Coder, SealJob } from '../../ports/coder.ts'

/**
 * Returns a coder that makes the same bytes as the product's, without a promise inside: for small pieces, waiting for WebCrypto's threads
 * takes most of the time.
 */
export function createSimCoder(): Coder {
  const { combine } = createErasureKernel()
  return {
    lanes: 2,
    seal: async (job, plaintext) => {
      const records = cut(plaintext, RECORD_PLAIN_BYTES)
      return joined(
        records.flatMap((record, at) => {
          const cipher = createCipheriv('aes-256-gcm', keyOf(job), nonceOf(job, at, records.length))
          return [cipher.update(record), cipher.final(), cipher.getAuthTag()]
        }),
      )
    },
    open: async (job, sealed) => {
      const records = cut(sealed, RECORD_SEALED_BYTES)
      if ((records.at(-1)?.length ?? 0) <= TAG_BYTES) throw new HoardError('record-damaged', { record: job.firstRecord })
      return joined(
        records.flatMap((record, at) => {
          const decipher = createDecipheriv('aes-256-gcm', keyOf(job), nonceOf(job, at, records.length))
          decipher.setAuthTag(record.subarray(record.length - TAG_BYTES))
          try {
            return [decipher.update(record.subarray(0, record.length - TAG_BYTES)), decipher.final()]
          } catch (cause) {
            throw new HoardError('record-damaged', { record: job.firstRecord + at }, cause)
          }
        }),
      )
    },
    encode: async (shape, stripe, rows) => encodeRows(shape, stripe, rows, combine),
    digestStripe: async (shape, stripe) => {
      const rows = Array.from({ length: shape.t }, (_, row) => row)
      const slices = cut(encodeRows(shape, stripe, rows, combine), Math.ceil(stripe.length / shape.k))
      return joined(slices.map((slice) => digestsOf(slice)))
    },
    decode: async (shape, slices, stripeBytes) => decodeStripe(shape, slices, stripeBytes, combine),
    release: () => undefined,
    spare: (length) => new Uint8Array(length),
    digestLeaves: async (bytes) => ({ bytes, digests: digestsOf(bytes) }),
  }
}

const ZERO = new Uint8Array(1)

/** Returns SHA-256(0x00 || leaf) of every leaf. SPEC SHD2. */
function digestsOf(bytes: Uint8Array): Bytes {
  const leaves = cut(bytes, LEAF_BYTES)
  const digests = new Uint8Array(leaves.length * DIGEST_BYTES)
  for (const [at, leaf] of leaves.entries()) digests.set(hash('sha256', Buffer.concat([ZERO, leaf]), 'buffer'), at * DIGEST_BYTES)
  return digests
}

function cut(bytes: Uint8Array, length: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) => bytes.subarray(at * length, (at + 1) * length))
}

function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function keyOf({ fileKey, kind, r }: SealJob): Bytes {
  return recordKeyOf(fileKey, kind, r)
}

function nonceOf(job: SealJob, at: number, records: number): Bytes {
  return recordNonce(job.firstRecord + at, job.isEnd && at === records - 1 ? 'last' : 'inner')
}
