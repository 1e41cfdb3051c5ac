import { expect, test } from 'vitest'
import { decodeStripe, encodeRows } from './erasure.ts'

test('[ERA2] the klauspost 5+5 vector gives its parity', () => {
  const data = Uint8Array.of(0, 1, 4, 5, 2, 3, 6, 7, 8, 9)
  const parity = encodeRows({ k: 5, t: 10 }, data, [5, 6, 7, 8, 9])
  expect([...parity]).toEqual([12, 13, 10, 11, 14, 15, 90, 91, 94, 95])
})

test('[ERA3] a short stripe is rebuilt from parity alone', () => {
  const shape = { k: 2, t: 10 }
  const stripe = Uint8Array.from({ length: 2511 }, (_, at) => at * 7)
  const slices = encodeRows(shape, stripe, [9, 4])
  const rebuilt = decodeStripe(
    shape,
    [
      { index: 9, bytes: slices.subarray(0, 1256) },
      { index: 4, bytes: slices.subarray(1256) },
    ],
    stripe.length,
  )
  expect(rebuilt).toEqual(stripe)
})
