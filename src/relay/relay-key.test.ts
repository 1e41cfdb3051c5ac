import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDataFolder, type DataFolder } from '../adapters/node/data-folder.ts'
import { loadRelayKey } from './relay-key.ts'

let base = ''
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'scatterhoard-relay-key-'))
})
afterEach(() => rm(base, { recursive: true }))

test('a key is made once, kept from others, and the same ever after', async () => {
  const inside = join(base, 'new', 'relay')
  const key = await used(inside, loadRelayKey)
  expect(key).toHaveLength(32)
  expect(await used(inside, loadRelayKey)).toEqual(key)
  expect((await readdir(inside)).filter((name) => name.startsWith('relay'))).toEqual(['relay.key'])
  if (process.platform !== 'win32') expect((await stat(join(inside, 'relay.key'))).mode & 0o777).toBe(0o600)
  expect(await used(join(base, 'other'), loadRelayKey)).not.toEqual(key)
})

test.each([
  ['it is empty', () => new Uint8Array()],
  ['it has 31 bytes instead of 32', (key: Uint8Array) => key.slice(1)],
  ['it has 64 bytes instead of 32', (key: Uint8Array) => new Uint8Array([...key, ...key])],
  ['it holds nothing but zeros', () => new Uint8Array(32)],
  ['it is that of 12D3KooW', (key: Uint8Array) => key.map((byte, at) => (at < 16 ? 0 : byte))],
  ['it is that of 12D3KooW', (key: Uint8Array) => key.map((byte, at) => (at === 31 ? byte ^ 1 : byte))],
])('[DSK2] a damaged key is refused in words and left as it is: %s', async (what, damage) => {
  const folder = join(base, 'relay')
  const path = join(folder, 'relay.key')
  const damaged = damage(await used(folder, loadRelayKey))
  await writeFile(path, damaged)
  await expect(used(folder, loadRelayKey)).rejects.toMatchObject({
    code: 'storage-damaged',
    facts: { what: 'relay key', path, is: expect.stringContaining(what) },
  })
  expect(new Uint8Array(await readFile(path))).toEqual(damaged)
})

test('[DSK2] a key that is gone is not made anew', async () => {
  await used(base, loadRelayKey)
  await rm(join(base, 'relay.key'))
  await expect(used(base, loadRelayKey)).rejects.toMatchObject({ facts: { is: 'it is gone' } })
  expect(await readdir(base)).not.toContain('relay.key')
})

test('[DSK2] a key without a mark beside it, as earlier versions left it, is refused when it is damaged', async () => {
  await writeFile(join(base, 'relay.key'), new Uint8Array(12))
  await expect(used(base, loadRelayKey)).rejects.toMatchObject({ facts: { is: 'it has 12 bytes instead of 32' } })
})

test('a draft that a power cut left behind is not taken for the key', async () => {
  await writeFile(join(base, 'relay.key.new'), new Uint8Array(5))
  await writeFile(join(base, 'scatterhoard.json'), '')
  const key = await used(base, loadRelayKey)
  expect(key).toHaveLength(32)
  expect(await used(base, loadRelayKey)).toEqual(key)
})

/** Resolves with the result of `work` on the relay's folder at `path`, which is free again afterwards. */
async function used<T>(path: string, work: (folder: DataFolder) => Promise<T>): Promise<T> {
  const folder = await openDataFolder(path, { kind: 'relay' })
  try {
    return await work(folder)
  } finally {
    folder.release()
  }
}
