import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { entryOfChange, type ChangedFields } from '../../core/vault/change.ts'
import { brandId, idHex, type DeviceId, type EntryId } from '../../core/vault/entry-id.ts'
import { openJournal } from '../groups/journal.ts'
import { isClosed, isContent, isUnsought, toContent } from './content.ts'

const lease = new Uint8Array(32)
const id = brandId<EntryId>(new Uint8Array(16).fill(1))
const key = { fileKey: brandBytes<FileKey>(new Uint8Array(32)), size: 10 }
const layout = { k: 2, m: 3, n: 4, salt: new Uint8Array(16), records: [1, 1] }

/** The contents of an entry with these fields, over a journal without a note about it and over one with. */
async function contentsOf(fields: ChangedFields) {
  const random = createSeededRandom('contents')
  const { catalog, outbox, keys } = await openMemoryStorage({ files: createMemoryFiles(), random })
  const journal = await openJournal({ catalog, clock: createVirtualClock(), random, storageKey: keys.storageKey })
  const device = brandId<DeviceId>(new Uint8Array(16).fill(9))
  const entry = entryOfChange({ entry: id, time: { ms: 1, count: 0 }, fields }, device)
  if (!isContent(entry)) throw new Error('it is a content')
  const before = toContent(entry, lease, journal, outbox)
  const note = { sealedBytes: before.sealedBytes, isPaused: false, isStored: true, hasOutbox: false }
  await journal.change(before, () => ({ notes: [{ of: 'file', id: idHex(id), note }], assign: () => undefined }))
  return [before, toContent(entry, lease, journal, outbox)] as const
}

test('[VLT29] a stored content that the vault alone knows has no group open until somebody opens them, and then the same ones', async () => {
  const [alone, noted] = await contentsOf({ key, layout, storedAt: 5 })
  expect([isClosed(alone), isUnsought(alone), alone.groups.length]).toEqual([true, true, 0])
  const opened = alone.open()
  expect([isClosed(alone), isUnsought(alone), opened.length, alone.open() === opened]).toEqual([false, true, 2, true])
  expect(noted.groups.map(({ groupId }) => groupId)).toEqual(opened.map(({ groupId }) => groupId))
})

test('[VLT29] a content whose store is not over has its groups open, and one without a layout has none to open', async () => {
  const [underWay] = await contentsOf({ key, layout })
  expect([isClosed(underWay), underWay.groups.length]).toEqual([false, 2])
  const [begun] = await contentsOf({ key })
  expect([isClosed(begun), begun.open()]).toEqual([false, []])
})
