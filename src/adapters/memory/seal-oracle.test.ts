import { expect, test } from 'vitest'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { RECORD_PLAIN_BYTES } from '../../core/sizes.ts'
import type { SealJob } from '../../ports/coder.ts'
import { createCoding } from '../coding/create-coding.ts'
import { createSealOracle } from './seal-oracle.ts'
import { createSeededRandom } from './seeded-random.ts'

const random = createSeededRandom('oracle')
const job: SealJob = { fileKey: brandBytes<FileKey>(random.bytes(32)), kind: 0, r: new Uint8Array(), firstRecord: 0, isEnd: false }
const content = random.bytes(3 * RECORD_PLAIN_BYTES)

test('[SEA4] the oracle lets one content be sealed again and again, in any batches and by any coder', async () => {
  const oracle = createSealOracle(crypto.subtle)
  for (let time = 0; time < 2; time++) await oracle.watch(createCoding(crypto.subtle)).seal(job, content.slice())
  await oracle.watch(createCoding(crypto.subtle)).seal({ ...job, firstRecord: 1 }, content.slice(RECORD_PLAIN_BYTES))
  expect(oracle.records()).toBe(3)
  oracle.check()
})

test.each<readonly [string, Partial<SealJob>, boolean]>([
  ['the same place', {}, true],
  ['another record', { firstRecord: 3 }, false],
  ['another kind', { kind: 1 }, false],
  ['another r', { r: random.bytes(32) }, false],
  ['another key', { fileKey: brandBytes<FileKey>(random.bytes(32)) }, false],
])('[SEA4] the oracle throws at a changed bit exactly where it was sealed before: %s', async (_name, differs, isCaught) => {
  const oracle = createSealOracle(crypto.subtle)
  await oracle.watch(createCoding(crypto.subtle)).seal(job, content.slice())
  const changed = content.slice()
  changed[2 * RECORD_PLAIN_BYTES + 5] = (changed[2 * RECORD_PLAIN_BYTES + 5] ?? 0) ^ 1
  let isCalled = false
  const coder = oracle.watch({
    ...createCoding(crypto.subtle),
    seal: async (_job, plaintext) => {
      isCalled = true
      return plaintext
    },
  })
  const sealed = coder.seal({ ...job, ...differs }, changed)
  if (isCaught) await expect(sealed).rejects.toThrow('two contents')
  else await sealed
  expect(isCalled).toBe(!isCaught)
  if (isCaught) expect(() => oracle.check()).toThrow('record 2')
})
