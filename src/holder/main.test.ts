import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDataFolder } from '../adapters/node/data-folder.ts'
import { openNodeStorage } from '../adapters/node/node-storage.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { keep } from '../ports/shard-store.contract.ts'

const program = fileURLToPath(new URL('main.ts', import.meta.url))
const relay = '/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scatterhoard-holder-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('[DSK5] a second start on a folder that is in use ends, and names the folder and the process', async () => {
  const owner = await openDataFolder(folder, { kind: 'holder' })
  expect(await startOn(folder)).toEqual({
    code: 1,
    said: expect.stringMatching(new RegExp(`^The folder ${folder} is in use by the holder with process id ${process.pid}, since `)),
  })
  owner.release()
})

test('[DSK5] a holder whose starter goes while it starts ends with it, and keeps the folder from nobody', async () => {
  const owner = await openDataFolder(folder, { kind: 'holder' })
  const args = ['--relay', relay, '--data', folder, '--offer', '1GB']
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  child.disconnect()
  // A holder that did not end would wait for the folder, and end with code 1.
  expect(await once(child, 'exit')).toEqual([0, null])
  owner.release()
})

test('[DSK6] a folder with photos in it is refused, with --fresh too, and stays as it is', async () => {
  await writeFile(join(folder, 'beach.jpg'), 'a beach')
  for (const more of [[], ['--fresh']]) {
    const { code, said } = await startOn(folder, more)
    expect([code, said]).toEqual([
      1,
      expect.stringContaining(`The folder ${folder} holds other things (beach.jpg) and nothing of Scatterhoard.`),
    ])
  }
  expect(await readdir(folder)).toEqual(['beach.jpg'])
})

test('[DSK2] a folder whose catalog is damaged twice is refused in words and not touched', async () => {
  await makeHolder(folder)
  for (const damage of [() => new Uint8Array(), (bytes: Uint8Array) => new Uint8Array(bytes.length)]) {
    for (const path of await logsIn(folder)) await writeFile(path, damage(await readFile(path)))
    const before = await imageOf(folder)
    const { code, said } = await startOn(folder)
    expect(code).toBe(1)
    expect(said).toMatch(
      /^The catalog of \S+, .* is damaged: neither of its two copies can be read .* Nothing was changed\. .*a copy of the folder.*--fresh/,
    )
    expect(await imageOf(folder)).toEqual(before)
  }
})

test('[DSK2] a folder whose catalog is gone is refused, also when there were no pieces yet', async () => {
  await makeHolder(folder)
  for (const directory of ['catalog', 'catalog-copy', 'slabs', 'outbox'])
    await rm(join(folder, directory), { recursive: true, force: true })
  const { code, said } = await startOn(folder)
  expect([code, said]).toEqual([1, expect.stringContaining('(there are: the mark of 12D3KooW')])
})

test('[DSK6] a folder whose device was forgotten begins anew, and keeps what Scatterhoard did not write', async () => {
  await makeHolder(folder)
  await writeFile(join(folder, 'slabs', 'notes.txt'), 'mine')
  const owned = await openDataFolder(folder, { kind: 'holder' })
  const storage = await openNodeStorage(folder, { identity: owned.identity ?? '' })
  await owned.noteIdentity(undefined)
  await storage.removeAll()
  expect((await readdir(folder, { recursive: true })).filter((name) => !name.startsWith('scatterhoard.')).toSorted()).toEqual([
    'slabs',
    join('slabs', 'notes.txt'),
  ])
  const again = await openNodeStorage(folder)
  expect(again.keys).not.toEqual(storage.keys)
  await again.close()
  owned.release()
})

test('a status port, a policy or a data folder that cannot be used is said with its name', async () => {
  await mkdir(join(folder, 'inner'))
  await writeFile(join(folder, 'policy.json'), '{"lease": {"termMs": 1,}}')
  await writeFile(join(folder, 'file'), '')
  const policy = await startOn(join(folder, 'inner'), ['--policy', join(folder, 'policy.json')])
  expect(policy).toEqual({ code: 1, said: `${join(folder, 'policy.json')} is not JSON: in line 1, column 24, there is "}".\n` })
  expect(await startOn(join(folder, 'file'))).toEqual({
    code: 1,
    said: `${join(folder, 'file')} is a file, not a folder. Name a folder with --data.\n`,
  })
  const wanted = await startOn(join(folder, 'inner'), ['--network', join(folder, 'none.json')])
  expect(wanted).toEqual({ code: 1, said: `There is no ${join(folder, 'none.json')}.\n` })
})

/** A folder as a holder leaves it, with a shard and a spool. */
async function makeHolder(path: string): Promise<void> {
  const owned = await openDataFolder(path, { kind: 'holder' })
  const storage = await openNodeStorage(path)
  await owned.noteIdentity(createDeviceSigner(storage.keys.peerKey).peerId)
  await keep(storage.shards, 1, 5000)
  await storage.outbox.write('spool', 0, new Uint8Array(100))
  await storage.close()
  owned.release()
}

async function logsIn(path: string): Promise<readonly string[]> {
  const directories = ['catalog', 'catalog-copy'].map((name) => join(path, name))
  return (await Promise.all(directories.map(async (each) => (await readdir(each)).map((name) => join(each, name))))).flat()
}

/** Resolves with every file below `path` except the lock's owner, with its bytes. */
async function imageOf(path: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== 'scatterhoard.owner')
    .map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.toSorted().map(async (file) => [file, (await readFile(file)).toString('hex')] as const))
}

/** Runs the program on `data` to its end. */
async function startOn(data: string, more: readonly string[] = []): Promise<{ readonly code: number | null; readonly said: string }> {
  const args = ['--relay', relay, '--data', data, '--offer', '1GB', ...more]
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (bytes) => (said += String(bytes)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}
