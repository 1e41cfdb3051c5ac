import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hex } from './bytes.ts'
import { padmeLength } from './padding.ts'
import { recordCount, recordNonce, recordSpan, sealedLength, type RecordPlace } from './records.ts'
import { MAX_FILE_BYTES, MIN_PADDED_BYTES, RECORD_PLAIN_BYTES } from './sizes.ts'
import lengths from './vectors/lengths.json' with { type: 'json' }
import sealing from './vectors/sealed-records.json' with { type: 'json' }

const placeOf = (place: string): RecordPlace => (place === 'last' ? 'last' : 'inner')

test.each(lengths.valid)('[REC1] $size bytes make $records records and $sealed sealed bytes', (row) => {
  expect([recordCount(row.size), sealedLength(row.size)]).toEqual([row.records, row.sealed])
  expect(recordSpan(row.size, row.records - 1).plainLength).toBe(row.lastPlain)
})

test('[REC2] the records of a file cover its padded and its sealed bytes without gap or overlap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50_000_000 }), (size) => {
      let plain = 0
      let sealed = 0
      for (let record = 0; record < recordCount(size); record++) {
        const span = recordSpan(size, record)
        if (span.plainOffset !== plain || span.sealedOffset !== sealed || span.sealedLength !== span.plainLength + 16) return false
        plain += span.plainLength
        sealed += span.sealedLength
      }
      return plain === padmeLength(size) && sealed === sealedLength(size)
    }),
    { numRuns: 500 },
  )
})

test.each([-1, 157, 0.5, NaN])('[REC2] 40,000,000 bytes have no record %s', (record) => {
  expect(() => recordSpan(40_000_000, record)).toThrow('broken invariant')
})

test('[REC3] no padded length is a multiple of a record, so the last record is never a full one', () => {
  let padded = MIN_PADDED_BYTES
  let seen = 0
  while (padded < MAX_FILE_BYTES) {
    expect(padded % RECORD_PLAIN_BYTES).toBeGreaterThanOrEqual(16)
    padded = padmeLength(padded + 1)
    seen++
  }
  expect(seen).toBeGreaterThan(1000)
})

test.each(sealing.nonces)('[SEA2] record $record, $place, has nonce $nonce', ({ record, place, nonce }) => {
  expect(hex(recordNonce(record, placeOf(place)))).toBe(nonce)
})

test.each([-1, 0.5, Number.MAX_SAFE_INTEGER + 1, NaN])('[SEA2] %s is no record number', (record) => {
  expect(() => recordNonce(record, 'inner')).toThrow('broken invariant')
})

test('[SEA2] different records or places have different nonces', () => {
  const anyNonce = fc.tuple(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.constantFrom<RecordPlace>('inner', 'last'))
  fc.assert(
    fc.property(anyNonce, anyNonce, ([a, aPlace], [b, bPlace]) => {
      return (a === b && aPlace === bPlace) === (hex(recordNonce(a, aPlace)) === hex(recordNonce(b, bPlace)))
    }),
  )
})
