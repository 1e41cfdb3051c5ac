import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { openConfirmedWords } from './confirmed-words.ts'
import { createOwnerKeyring } from './owner.ts'

test('words that were confirmed stay confirmed after a restart; before there are any, nothing can be', async () => {
  const device = openDevice()
  const { words, keyring } = await device.start()
  expect(words.facts()).toEqual({ isMade: false, isConfirmed: false })
  await words.note()
  expect(words.facts()).toEqual({ isMade: false, isConfirmed: false })
  await keyring.ensure()
  await words.refresh()
  expect(words.facts()).toEqual({ isMade: true, isConfirmed: false })
  await words.note()
  expect(words.facts()).toEqual({ isMade: true, isConfirmed: true })
  expect((await device.start()).words.facts()).toEqual({ isMade: true, isConfirmed: true })
})

test('other words are not confirmed by those before, and a damaged record confirms nothing', async () => {
  const device = openDevice()
  const { words, keyring, catalog } = await device.start()
  await keyring.ensure()
  await words.note()
  await catalog.commit([{ table: 'self', key: 'root' }])
  await createOwnerKeyring(device.keyringParts(catalog)).ensure()
  await words.refresh()
  expect(words.facts()).toEqual({ isMade: true, isConfirmed: false })
  await catalog.commit([{ table: 'self', key: 'words-confirmed', value: new Uint8Array(3) }])
  expect((await device.start()).words.facts()).toEqual({ isMade: true, isConfirmed: false })
})

/** A device whose disk outlives its starts. */
function openDevice() {
  const files = createMemoryFiles()
  const random = createSeededRandom('words')
  const storageKey = random.bytes(32)
  const keyringParts = (catalog: Awaited<ReturnType<typeof openMemoryStorage>>['catalog']) => ({ catalog, random, storageKey })
  return {
    keyringParts,
    async start() {
      const { catalog } = await openMemoryStorage({ files, random })
      return { catalog, words: await openConfirmedWords(catalog), keyring: createOwnerKeyring(keyringParts(catalog)) }
    },
  }
}
