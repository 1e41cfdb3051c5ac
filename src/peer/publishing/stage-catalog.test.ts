import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { stageCatalog } from './stage-catalog.ts'

const bytes = (...values: number[]) => new Uint8Array(values)

test('[VLT33] what is staged is read at once and is on the disk with the rest of it, or not at all', async () => {
  const files = createMemoryFiles()
  const open = async () => (await openMemoryStorage({ files, random: createSeededRandom('stage') })).catalog
  const catalog = await open()
  await catalog.commit([
    { table: 'people', key: 'b', value: bytes(1) },
    { table: 'people', key: 'c', value: bytes(2) },
  ])
  const stage = stageCatalog(catalog)
  await stage.catalog.commit([
    { table: 'people', key: 'a', value: bytes(3) },
    { table: 'people', key: 'b' },
  ])
  await stage.catalog.commit([{ table: 'journal', key: 'c', value: bytes(4) }])
  const rows = async (of = stage.catalog) => (await of.all('people')).map(({ key, value }) => [key, ...value])
  expect(await rows()).toEqual([
    ['a', 3],
    ['c', 2],
  ])
  expect([await stage.catalog.get('people', 'b'), await stage.catalog.get('journal', 'c')]).toEqual([undefined, bytes(4)])
  const before = [
    ['b', 1],
    ['c', 2],
  ]
  expect(await rows(catalog)).toEqual(before)
  await stage.write()
  const again = await open()
  expect([await rows(again), await again.get('journal', 'c')]).toEqual([await rows(), bytes(4)])
})
