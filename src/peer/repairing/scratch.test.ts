import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { HoardError } from '../../core/errors.ts'
import { brandBytes, type SegmentId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { openScratch } from './scratch.ts'

const segmentNumber = (number: number): SegmentId => brandBytes<SegmentId>(new Uint8Array(32).fill(number))
const [one, two, three] = [segmentNumber(1), segmentNumber(2), segmentNumber(3)]
const bytesOf = (seed: string, length: number) => createSeededRandom(seed).bytes(length)

async function desk() {
  const clock = createVirtualClock()
  const { outbox } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('scratch') })
  const parts = { outbox, clock, policy: defaultPolicy, storageKey: new Uint8Array(32).fill(5) }
  return { clock, outbox, open: (most?: number, box: Outbox = outbox) => openScratch({ ...parts, outbox: box }, most) }
}

test('[RPR13] what was fetched is there after a restart, and is masked on the disk', async () => {
  const { outbox, open } = await desk()
  const bytes = bytesOf('content', 4_096)
  const scratch = await open()
  await scratch.write(one, 0, bytes.slice(0, 1_024))
  await scratch.write(one, 1_024, bytes.slice(1_024))
  const again = await open()
  expect([again.lengthOf(one), again.lengthOf(two)]).toEqual([4_096, 0])
  expect(await again.read(one, 512, 2_048)).toEqual(bytes.slice(512, 2_560))
  const [spool] = await outbox.list()
  expect(await outbox.read(spool?.name ?? '', 0, 4_096)).not.toEqual(bytes)
})

test('[RPR13] beyond the bound the segment written longest ago goes', async () => {
  const { clock, open } = await desk()
  const scratch = await open(3_000)
  for (const segment of [one, two, three]) {
    await scratch.write(segment, 0, bytesOf('some', 1_200))
    await clock.advance(1_000)
  }
  expect([one, two, three].map((segment) => scratch.lengthOf(segment))).toEqual([0, 1_200, 1_200])
  await scratch.write(two, 1_200, bytesOf('more', 1_200))
  expect([one, two, three].map((segment) => scratch.lengthOf(segment))).toEqual([0, 2_400, 0])
})

test('[RPR13] what is being fetched now stays, although it began before what others have left', async () => {
  const { open } = await desk()
  const scratch = await open(3_000)
  for (const segment of [one, two, three]) await scratch.write(segment, 0, bytesOf('some', 800))
  await scratch.write(one, 800, bytesOf('more', 800))
  await scratch.write(segmentNumber(4), 0, bytesOf('some', 800))
  await scratch.write(one, 1_600, bytesOf('more', 400))
  expect([one, two, three].map((segment) => scratch.lengthOf(segment))).toEqual([2_000, 0, 0])
})

test('[RPR13] what is older than a week, or not wanted any more, is freed', async () => {
  const { clock, outbox, open } = await desk()
  const scratch = await open()
  await scratch.write(one, 0, bytesOf('some', 64))
  clock.sleep(3 * 86_400_000)
  await scratch.write(two, 0, bytesOf('some', 64))
  await scratch.write(three, 0, bytesOf('some', 64))
  await scratch.sweep({ isWanted: (segment) => segment[0] !== 3, isInUse: () => false })
  expect(scratch.segments()).toEqual([one, two])
  clock.sleep(4.5 * 86_400_000)
  // A repair that goes on for longer reads it still.
  await scratch.sweep({ isWanted: () => true, isInUse: (segment) => segment[0] === 1 })
  expect(scratch.segments()).toEqual([one, two])
  await scratch.sweep({ isWanted: () => true, isInUse: () => false })
  expect(scratch.segments()).toEqual([two])
  await expect(scratch.read(one, 0, 64)).rejects.toMatchObject({ code: 'stream-closed' })
  expect(await outbox.list()).toHaveLength(1)
})

test('[RPR13] what a disk does not give up is never begun over, nor taken for what was fetched, and goes with a later sweep', async () => {
  const { outbox, open } = await desk()
  const disk = { isStuck: true }
  const sticky: Outbox = {
    ...outbox,
    async remove(name) {
      if (disk.isStuck) throw new HoardError('storage-unavailable')
      return outbox.remove(name)
    },
  }
  const scratch = await open(undefined, sticky)
  await scratch.write(one, 0, bytesOf('old', 4_096))
  await scratch.remove(one)
  expect(scratch.lengthOf(one)).toBe(0)
  const fresh = bytesOf('fresh', 1_024)
  await scratch.write(one, 0, fresh)
  const again = await open(undefined, sticky)
  expect([again.lengthOf(one), await again.read(one, 0, 1_024)]).toEqual([1_024, fresh])
  expect(await outbox.list()).toHaveLength(2)
  disk.isStuck = false
  await again.sweep({ isWanted: () => true, isInUse: () => false })
  expect((await outbox.list()).map(({ length }) => length)).toEqual([1_024])
})

test('[RPR13] what could not be removed takes its part of the bound', async () => {
  const { outbox, open } = await desk()
  const scratch = await open(3_000, { ...outbox, remove: async () => Promise.reject(new HoardError('storage-unavailable')) })
  await scratch.write(one, 0, bytesOf('old', 2_048))
  await scratch.remove(one)
  await scratch.write(two, 0, bytesOf('some', 800))
  await scratch.write(three, 0, bytesOf('some', 800))
  expect([two, three].map((segment) => scratch.lengthOf(segment))).toEqual([0, 800])
})
