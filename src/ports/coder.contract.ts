import { gcm } from '@noble/ciphers/aes.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, type Bytes } from '../core/bytes.ts'
import { brandBytes, type FileKey } from '../core/ids.ts'
import { recordKeyOf } from '../core/keys.ts'
import { hashLeaf } from '../core/merkle.ts'
import { recordNonce } from '../core/records.ts'
import { LEAF_BYTES, RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES, SLICE_BYTES } from '../core/sizes.ts'
import type { Coder, SealJob } from './coder.ts'
import { codeOf } from '../core/errors.ts'

/** Checks every method of `Coder`, byte for byte against slow twins made of core and noble. */
export function coderContract(name: string, open: () => Promise<{ readonly coder: Coder; close(): Promise<void> }>): void {
  describe(`coder contract: ${name}`, () => {
    let coder: Coder
    let close: () => Promise<void>
    beforeAll(async () => {
      ;({ coder, close } = await open())
    })
    afterAll(() => close())

    const content: SealJob = { fileKey: keyOf(1), kind: 0, r: new Uint8Array(), firstRecord: 0, isEnd: true }

    it('[SEA1] seals records as the slow twin does: numbers, last flag, keys of every kind', async () => {
      const plaintext = noise(2 * RECORD_PLAIN_BYTES + 1000)
      const jobs: readonly SealJob[] = [
        content,
        { ...content, firstRecord: 70_000 },
        { ...content, kind: 1, r: noise(32) },
        { ...content, kind: 2 },
        { ...content, kind: 3, fileKey: keyOf(2) },
      ]
      for (const job of jobs) {
        const sealed = await coder.seal(job, plaintext.slice())
        expect(equalBytes(sealed, sealSlowly(job, plaintext))).toBe(true)
        expect(equalBytes(await coder.open(job, sealed), plaintext)).toBe(true)
      }
    })

    it('[SEA1] seals a stretch of whole records that is not the end', async () => {
      const job: SealJob = { ...content, firstRecord: 5, isEnd: false }
      const plaintext = noise(2 * RECORD_PLAIN_BYTES)
      const sealed = await coder.seal(job, plaintext.slice())
      expect(sealed.length).toBe(2 * RECORD_SEALED_BYTES)
      expect(equalBytes(sealed, sealSlowly(job, plaintext))).toBe(true)
    })

    it('[SEA1] opens nothing that was changed, cut, moved, or sealed as something else', async () => {
      const plaintext = noise(RECORD_PLAIN_BYTES + 5000)
      const sealed = await coder.seal(content, plaintext)
      const flipped = sealed.slice()
      flipped[RECORD_SEALED_BYTES + 3] = (flipped[RECORD_SEALED_BYTES + 3] ?? 0) ^ 1
      const swapped = concatBytes(sealed.subarray(RECORD_SEALED_BYTES), sealed.subarray(0, RECORD_SEALED_BYTES))
      const cases: readonly (readonly [SealJob, Bytes])[] = [
        [content, flipped],
        [content, sealed.slice(0, RECORD_SEALED_BYTES)],
        [content, sealed.slice(0, -1)],
        [content, sealed.slice(0, RECORD_SEALED_BYTES + 16)],
        [content, swapped],
        [content, new Uint8Array()],
        [{ ...content, isEnd: false }, sealed.slice()],
        [{ ...content, firstRecord: 1 }, sealed.slice()],
        [{ ...content, kind: 2 }, sealed.slice()],
        [{ ...content, fileKey: keyOf(2) }, sealed.slice()],
      ]
      for (const [job, bytes] of cases) expect(await codeOfRejection(coder.open(job, bytes))).toBe('record-damaged')
      expect(equalBytes(await coder.open(content, sealed), noise(RECORD_PLAIN_BYTES + 5000))).toBe(true)
    })

    it('[ERA3] rebuilds a full and a short stripe from any k slices that encode made', async () => {
      for (const stripeBytes of [3 * SLICE_BYTES, 2512, 1]) {
        const shape = { k: 3, t: 9 }
        const stripe = noise(stripeBytes)
        const sliceBytes = Math.ceil(stripeBytes / 3)
        const coded = await coder.encode(shape, stripe.slice(), [8, 1, 5])
        const slices = [8, 1, 5].map((index, at) => ({ index, bytes: coded.subarray(at * sliceBytes, (at + 1) * sliceBytes) }))
        expect(equalBytes(await coder.decode(shape, slices, stripeBytes), stripe)).toBe(true)
      }
    })

    it('[ERA3] says too-few-shards and shard-damaged', async () => {
      const shape = { k: 2, t: 4 }
      const slice = (index: number) => ({ index, bytes: noise(100) })
      expect(await codeOfRejection(coder.decode(shape, [slice(0)], 200))).toBe('too-few-shards')
      expect(await codeOfRejection(coder.decode(shape, [slice(0), slice(9)], 200))).toBe('shard-damaged')
    })

    it('[SHD2] digests the leaves of all t slices of a stripe as the slow twin does', async () => {
      for (const stripeBytes of [2 * SLICE_BYTES, 2 * SLICE_BYTES - 70_000, 2512]) {
        const shape = { k: 2, t: 19 }
        const stripe = noise(stripeBytes)
        const rows = Array.from({ length: shape.t }, (_, row) => row)
        const sliceBytes = Math.ceil(stripeBytes / shape.k)
        const coded = await coder.encode(shape, stripe.slice(), rows)
        const expected = rows.flatMap((row) => leavesSlowly(coded.subarray(row * sliceBytes, (row + 1) * sliceBytes)))
        expect(equalBytes(await coder.digestStripe(shape, stripe), concatBytes(...expected))).toBe(true)
      }
    })

    it('[SHD2] digests the leaves of bytes, of a part of a larger array too', async () => {
      for (const length of [0, 1, LEAF_BYTES, LEAF_BYTES + 1, 70 * LEAF_BYTES - 5]) {
        const bytes = noise(length)
        const digested = await coder.digestLeaves(bytes.slice())
        expect(equalBytes(digested.digests, concatBytes(...leavesSlowly(bytes)))).toBe(true)
        expect(equalBytes(digested.bytes, bytes)).toBe(true)
      }
      const whole = noise(3 * LEAF_BYTES)
      const part = whole.subarray(100, 100 + 2 * LEAF_BYTES)
      const { bytes, digests } = await coder.digestLeaves(part)
      expect(equalBytes(bytes, noise(3 * LEAF_BYTES).subarray(100, 100 + 2 * LEAF_BYTES))).toBe(true)
      const again = noise(3 * LEAF_BYTES).subarray(100, 100 + 2 * LEAF_BYTES)
      expect(equalBytes(digests, concatBytes(...leavesSlowly(again)))).toBe(true)
    })

    it('leaves the rest of a larger array alone', async () => {
      const whole = noise(RECORD_PLAIN_BYTES + 100)
      await coder.seal(content, whole.subarray(50, 50 + RECORD_PLAIN_BYTES))
      await coder.digestLeaves(whole.subarray(50))
      expect(equalBytes(whole.subarray(0, 50), noise(50))).toBe(true)
    })

    it('uses a buffer that was given back for nothing but what it makes from then on', async () => {
      const shape = { k: 2, t: 6 }
      const stripe = noise(2 * SLICE_BYTES)
      const rows = [0, 5, 3]
      const first = await coder.encode(shape, stripe.slice(), rows)
      const kept = first.slice()
      coder.release(first)
      const again = await Promise.all([1, 2, 3].map(() => coder.encode(shape, stripe.slice(), rows)))
      expect(again.every((slices) => equalBytes(slices, kept))).toBe(true)
      coder.release(new Uint8Array(100))
      expect(equalBytes(await coder.encode(shape, noise(2 * SLICE_BYTES - 70_001), [1]), await lastSlice(coder))).toBe(true)
    })

    it('answers many calls at once, each with its own answer', async () => {
      const plaintexts = Array.from({ length: 12 }, (_, number) => noise(1000 + number))
      const sealed = await Promise.all(plaintexts.map((plaintext) => coder.seal(content, plaintext.slice())))
      const isRight = sealed.every((bytes, number) => equalBytes(bytes, sealSlowly(content, noise(1000 + number))))
      expect(isRight).toBe(true)
    })
  })
}

/** Returns slice 1 of a short stripe, with zeros at its end, coded by a coder that was given no buffer back. */
async function lastSlice(coder: Coder): Promise<Bytes> {
  const stripe = noise(2 * SLICE_BYTES - 70_001)
  const slice = new Uint8Array(Math.ceil(stripe.length / 2))
  slice.set(stripe.subarray(slice.length))
  expect((await coder.encode({ k: 2, t: 6 }, stripe, [1])).length).toBe(slice.length)
  return slice
}

function keyOf(number: number): FileKey {
  return brandBytes<FileKey>(new Uint8Array(32).fill(number))
}

/** Bytes without a pattern: a linear congruential generator, the same every time. */
function noise(length: number): Bytes {
  const bytes = new Uint8Array(length)
  let state = 12345
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    bytes[at] = state >> 16
  }
  return bytes
}

function sealSlowly(job: SealJob, plaintext: Bytes): Bytes {
  const key = recordKeyOf(job.fileKey, job.kind, job.r)
  const records: Uint8Array[] = []
  for (let at = 0; at < plaintext.length; at += RECORD_PLAIN_BYTES) {
    const isLast = job.isEnd && at + RECORD_PLAIN_BYTES >= plaintext.length
    const nonce = recordNonce(job.firstRecord + records.length, isLast ? 'last' : 'inner')
    records.push(gcm(key, nonce).encrypt(plaintext.subarray(at, at + RECORD_PLAIN_BYTES)))
  }
  return concatBytes(...records)
}

function leavesSlowly(bytes: Uint8Array): readonly Bytes[] {
  const leaves: Bytes[] = []
  for (let at = 0; at < bytes.length; at += LEAF_BYTES) leaves.push(hashLeaf(bytes.subarray(at, at + LEAF_BYTES)))
  return leaves
}

async function codeOfRejection(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => 'no error',
    (error: unknown) => codeOf(error),
  )
}
