import { expect, test } from 'vitest'
import { createMemoryFiles } from '../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../adapters/memory/seeded-random.ts'
import { openAddedRelays } from './added-relays.ts'

test('relays that were added are remembered once each, the newest sixteen of them', async () => {
  const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('relays') })
  const relays = await openAddedRelays(catalog)
  for (let at = 0; at < 20; at++) await relays.add(`/relay/${at}`)
  await relays.add('/relay/19')
  await relays.remove('/relay/10')
  const expected = Array.from({ length: 16 }, (_, at) => `/relay/${at + 4}`).filter((address) => address !== '/relay/10')
  expect(relays.all()).toEqual(expected)
  expect((await openAddedRelays(catalog)).all()).toEqual(expected)
})

test.each([new Uint8Array(), new Uint8Array([1, 0xff]), new Uint8Array(100_000)])(
  'a list that the disk has spoilt is empty',
  async (value) => {
    const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('relays') })
    await catalog.commit([{ table: 'self', key: 'relays', value }])
    expect((await openAddedRelays(catalog)).all()).toEqual([])
  },
)
