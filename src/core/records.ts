import type { Bytes } from './bytes.ts'
import { assert } from './errors.ts'
import { padmeLength } from './padding.ts'
import { RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES, TAG_BYTES } from './sizes.ts'

/** The place of one record in its padded file and in the file's sealed bytes, in bytes. SPEC REC2. */
export interface RecordSpan {
  readonly plainOffset: number
  readonly plainLength: number
  readonly sealedOffset: number
  readonly sealedLength: number
}

/** Tells whether a record is the last one of its file or comes before it. */
export type RecordPlace = 'inner' | 'last'

/** Returns the number of records of a file of `size` bytes, at least 1. SPEC REC1. */
export function recordCount(size: number): number {
  return Math.ceil(padmeLength(size) / RECORD_PLAIN_BYTES)
}

/** Returns the sealed bytes of a file of `size` bytes: padding and one tag per record included. SPEC REC1. */
export function sealedLength(size: number): number {
  return padmeLength(size) + TAG_BYTES * recordCount(size)
}

/**
 * Returns the place of record number `record`. Its plain part belongs to the padded file: readers cut it at `size`.
 * @param record number of the record in the whole file, in 0..recordCount(size) - 1
 * Source: SPEC.md REC2.
 */
export function recordSpan(size: number, record: number): RecordSpan {
  assert(Number.isInteger(record) && record >= 0 && record < recordCount(size), 'a record number lies in its file')
  const plainOffset = record * RECORD_PLAIN_BYTES
  const plainLength = Math.min(RECORD_PLAIN_BYTES, padmeLength(size) - plainOffset)
  return { plainOffset, plainLength, sealedOffset: record * RECORD_SEALED_BYTES, sealedLength: plainLength + TAG_BYTES }
}

/**
 * Returns the AES-GCM nonce of a record, 12 bytes: its number in 11 big-endian bytes, then 1 for the last record and 0 for all others.
 * Cut, reordered, repeated, swapped or appended records fail their tag.
 * Source: SPEC.md SEA2; Hoang et al. 2015 (STREAM), as in age.
 */
export function recordNonce(record: number, place: RecordPlace): Bytes {
  assert(Number.isSafeInteger(record) && record >= 0, 'a record number is a natural number')
  const nonce = new Uint8Array(12)
  let rest = record
  for (let at = 10; at >= 4; at--) {
    nonce[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  nonce[11] = place === 'last' ? 1 : 0
  return nonce
}
