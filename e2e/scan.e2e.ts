import { randomBytes } from 'node:crypto'
import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNodeCoder } from '../src/adapters/node/node-coder.ts'
import { openNodeStorage } from '../src/adapters/node/node-storage.ts'
import { hex } from '../src/core/bytes.ts'
import { decodeStripe } from '../src/core/erasure.ts'
import type { FileKey } from '../src/core/ids.ts'
import { decodeLinkObject, parseLinkFragment } from '../src/core/link.ts'
import { unwrapObject } from '../src/core/padded-object.ts'
import { addFile, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import { openScene, type Scene, type TestFile } from './scene.ts'
import { scanFor, type Secret } from './secrets.ts'

const MIB = 1024 * 1024
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test('the scan finds a needle in every form it may take', async () => {
  const secret = { what: 'needle', bytes: randomBytes(32) }
  const forms = [
    secret.bytes,
    secret.bytes.toString('hex'),
    secret.bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((before) =>
      ['base64', 'base64url'].map((form) => Buffer.concat([randomBytes(before), secret.bytes, randomBytes(5)]).toString(form as 'base64')),
    ),
    Buffer.from(secret.bytes.toString('base64'), 'utf16le'),
  ]
  for (const form of forms) {
    await writeFile(join(scene.folder, 'haystack'), Buffer.concat([randomBytes(1000), Buffer.from(form), randomBytes(1000)]))
    expect((await scanFor(scene.folder, [secret])).finds).not.toEqual([])
  }
  await writeFile(join(scene.folder, 'haystack'), randomBytes(3000))
  expect((await scanFor(scene.folder, [secret])).finds).toEqual([])
})

test(
  'nothing at rest shows a file, its name or its keys: not at holders, not at the relay, not at the owner',
  async () => {
    const swarm = await scene.swarm({ peers: 8 })
    const file = await scene.randomFile('a-name-that-nobody-else-may-read.bin', 5 * MIB)
    const owner = await scene.browser('owner', `${swarm.url}/files/`)
    await waitForPeople(owner.page, 8)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, 6)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
    const link = await shareLink(owner.page, file.name)
    await owner.close()
    await swarm.stop()

    const { groupId, fileKey } = parseLinkFragment(link.slice(link.indexOf('#') + 1))
    const secrets: readonly Secret[] = [
      { what: 'file name', bytes: Buffer.from(file.name) },
      { what: 'link', bytes: Buffer.from(link.slice(link.indexOf('#') + 1)) },
      { what: 'link key', bytes: fileKey },
      {
        what: 'file key',
        bytes: await fileKeyBehind(
          groupId,
          fileKey,
          swarm.holders.map(({ dataFolder }) => dataFolder),
        ),
      },
      ...(await windowsOf(file)),
    ]
    for (const folder of [swarm.dataFolder, owner.profileFolder]) {
      // A scan that cannot find anything proves nothing: it must find a planted secret first.
      const needle = join(folder, 'planted')
      await writeFile(needle, Buffer.concat([randomBytes(99), fileKey]))
      expect((await scanFor(folder, secrets)).finds.map(({ what, path }) => [what, path])).toContainEqual(['link key', needle])
      await rm(needle)
      const { finds, files } = await scanFor(folder, secrets)
      expect(files).toBeGreaterThan(8)
      expect(finds).toEqual([])
    }
  },
  15 * MINUTE,
)

/** Returns twelve pieces of a file's content. */
async function windowsOf(file: TestFile): Promise<readonly Secret[]> {
  const handle = await open(file.path)
  const spans = Array.from({ length: 12 }, (_, at) => Math.floor((at * (file.size - 32)) / 11))
  const windows = await Promise.all(
    spans.map(async (position) => ({
      what: `content at ${position}`,
      bytes: (await handle.read(Buffer.alloc(32), 0, 32, position)).buffer,
    })),
  )
  await handle.close()
  expect((await readFile(file.path)).subarray(0, 32)).toEqual(windows[0]?.bytes)
  return windows
}

/** Opens a link's object from the shards on two holders' disks, as its reader would, and returns the file key inside. */
async function fileKeyBehind(groupId: Uint8Array, linkKey: FileKey, folders: readonly string[]): Promise<Uint8Array> {
  const [k, t] = [2, 10] // The code for eight people: 2 of 8, two spares.
  const slices = new Map<number, Uint8Array>()
  for (const folder of folders) {
    const storage = await openNodeStorage(folder)
    const entry = (await storage.shards.list()).find((each) => hex(each.groupId) === hex(groupId) && each.isWhole)
    if (entry !== undefined) slices.set(entry.index, await storage.shards.read(entry.shardId, 0, entry.length))
    await storage.close()
  }
  const two = [...slices].slice(0, k).map(([index, bytes]) => ({ index, bytes }))
  const sealed = decodeStripe({ k, t }, two, (two[0]?.bytes.length ?? 0) * k)
  const job = { fileKey: linkKey, kind: 2, r: new Uint8Array(), firstRecord: 0, isEnd: true } as const
  const [item] = decodeLinkObject(unwrapObject(await createNodeCoder().open(job, sealed)))
  if (item === undefined) throw new Error('the link names no file')
  return item.capability.fileKey
}
