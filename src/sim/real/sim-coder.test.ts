import { expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { codeOf } from '../../core/errors.ts'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { recordKinds } from '../../core/keys.ts'
import type { Coder } from '../../ports/coder.ts'
import { createSimCoder } from './sim-coder.ts'

const shape = { k: 3, t: 18 }

/** Everything that a coder makes of some bytes. */
async function madeBy(coder: Coder, length: number): Promise<readonly unknown[]> {
  const random = createSeededRandom(`coder ${length}`)
  const bytes = random.bytes(length)
  const job = {
    fileKey: brandBytes<FileKey>(random.bytes(32)),
    kind: recordKinds.content,
    r: new Uint8Array(),
    firstRecord: 7,
    isEnd: true,
  }
  const sealed = await coder.seal(job, bytes.slice())
  const slices = await coder.encode(shape, bytes.slice(), [0, 5, 17])
  const sliceBytes = Math.ceil(length / shape.k)
  const used = [0, 5, 17].map((index, at) => ({ index, bytes: slices.slice(at * sliceBytes, (at + 1) * sliceBytes) }))
  return [
    sealed,
    await coder.open(job, sealed.slice()),
    slices,
    await coder.digestStripe(shape, bytes.slice()),
    await coder.decode(shape, used, length),
    (await coder.digestLeaves(bytes.slice())).digests,
  ]
}

test.each([1, 15, 1_000, 65_536, 262_128, 600_001])(
  '[SEA1, ERA2, ERA3, SHD2] %i bytes become the same as with the product’s coder',
  async (length) => {
    expect(await madeBy(createSimCoder(), length)).toEqual(await madeBy(createCoding(crypto.subtle), length))
  },
)

test('[SEA1] a record that was changed does not open', async () => {
  const coder = createSimCoder()
  const job = {
    fileKey: brandBytes<FileKey>(new Uint8Array(32)),
    kind: recordKinds.content,
    r: new Uint8Array(),
    firstRecord: 0,
    isEnd: true,
  }
  const sealed = await coder.seal(job, new Uint8Array(100))
  sealed[3] = (sealed[3] ?? 0) ^ 1
  await expect(coder.open(job, sealed)).rejects.toSatisfy((error: unknown) => codeOf(error) === 'record-damaged')
  await expect(coder.open(job, sealed.slice(0, 9))).rejects.toSatisfy((error: unknown) => codeOf(error) === 'record-damaged')
})
