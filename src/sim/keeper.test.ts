import { expect, test } from 'vitest'
import { measureKeeper } from './keeper.rig.ts'

const DAY_MS = 86_400_000

test('[SYN8, BEA4] a peer that keeps 200 pieces with five others spends hardly more bytes in a day than an idle one', async () => {
  const { sentBytes, receivedBytes, lines } = await measureKeeper({ groups: 200, owners: 10, holders: 32, live: 6 }, DAY_MS)
  expect(lines).toBe(5)
  // 400 KB more are one comparison of all rows with each neighbour every six hours.
  expect([sentBytes < 250_000, receivedBytes < 250_000, sentBytes > 10_000]).toEqual([true, true, true])
})
