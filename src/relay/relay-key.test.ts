import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadRelayKey } from './relay-key.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scatterhoard-relay-key-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a key is made once, kept from others, and the same ever after', async () => {
  const inside = join(folder, 'new', 'relay')
  const key = await loadRelayKey(inside)
  expect(key).toHaveLength(32)
  expect(await loadRelayKey(inside)).toEqual(key)
  expect(await readdir(inside)).toEqual(['relay.key'])
  if (process.platform !== 'win32') expect((await stat(join(inside, 'relay.key'))).mode & 0o777).toBe(0o600)
  expect(await loadRelayKey(join(folder, 'other'))).not.toEqual(key)
})

test.each([0, 31, 33, 64])('a file of %i bytes is no key: it is said, and left as it is', async (length) => {
  const path = join(folder, 'relay.key')
  await writeFile(path, new Uint8Array(length).fill(7))
  await expect(loadRelayKey(folder)).rejects.toThrow(`${path} is not a relay key of 32 bytes`)
  expect(await readFile(path)).toHaveLength(length)
})

test('a draft that a power cut left behind is not taken for the key', async () => {
  await writeFile(join(folder, 'relay.key.new'), new Uint8Array(5))
  const key = await loadRelayKey(folder)
  expect(key).toHaveLength(32)
  expect(await loadRelayKey(folder)).toEqual(key)
})
