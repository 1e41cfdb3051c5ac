import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { HoardError } from '../../core/errors.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { createOwnerKeyring } from './owner.ts'
import { openVault, type EntryChange } from './vault.ts'

test('a drop of 1,000 files is one write of the catalog, and is there after a restart', async () => {
  const device = openDevice()
  const { vault, counted } = await device.start()
  const before = counted.commits
  await vault.commit(changesOf(0, 1000))
  // One commit for the owner's words and keys, and one for all entries.
  expect(counted.commits - before).toBe(2)
  await vault.commit(changesOf(1000, 1000))
  expect(counted.commits - before).toBe(3)
  const again = await device.start()
  expect([...again.vault.entries()]).toEqual([...vault.entries()])
  expect([...again.vault.entries().values()].map(({ name }) => name)).toEqual(changesOf(0, 2000).map(({ fields }) => fields.name))
})

// Some of these lengths fill a part so far that it only fits without the digest of the entry before it.
test('the first drop fits whatever the length of its names', async () => {
  for (let length = 140; length <= 175; length++) {
    const { vault } = await openDevice(`names of ${length}`).start()
    await vault.commit(changesOf(0, 60, 'n'.repeat(length)))
    expect(vault.entries().size).toBe(60)
  }
})

test('a drop that the disk refuses leaves nothing of itself, and the next one is chained to what is there', async () => {
  const device = openDevice()
  const { vault, counted } = await device.start()
  await vault.commit(changesOf(0, 1))
  counted.isFull = true
  await expect(vault.commit(changesOf(1, 200))).rejects.toMatchObject({ code: 'storage-full' })
  expect(vault.entries().size).toBe(1)
  counted.isFull = false
  await vault.commit(changesOf(500, 200))
  const again = await device.start()
  expect([...again.vault.entries()]).toEqual([...vault.entries()])
  expect(again.vault.entries().size).toBe(201)
})

/** A device whose disk outlives its starts, and whose catalog counts its writes. */
function openDevice(seed = 'vault') {
  const files = createMemoryFiles()
  const random = createSeededRandom(seed)
  const clock = createVirtualClock()
  return {
    async start() {
      const { catalog: whole, keys } = await openMemoryStorage({ files, random })
      const counted = { commits: 0, isFull: false }
      const catalog: Catalog = {
        get: (table, key) => whole.get(table, key),
        all: (table) => whole.all(table),
        async commit(changes) {
          if (counted.isFull) throw new HoardError('storage-full', { object: 'catalog' })
          counted.commits++
          await whole.commit(changes)
        },
      }
      const keyring = createOwnerKeyring({ catalog, random, storageKey: keys.storageKey })
      return { vault: await openVault({ catalog, clock, random }, keyring), counted }
    },
  }
}

function changesOf(from: number, count: number, prefix = 'photo'): EntryChange[] {
  return Array.from({ length: count }, (_, at) => ({
    id: (from + at).toString(16).padStart(32, '0'),
    fields: {
      name: `${prefix} ${from + at}`,
      type: 'image/png',
      folder: 'album',
      size: 20_480,
      addedAt: 0,
      fileKey: brandBytes<FileKey>(new Uint8Array(32).fill(7)),
    },
  }))
}
