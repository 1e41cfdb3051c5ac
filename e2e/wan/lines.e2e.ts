import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addFile, downloadFromLink, MINUTE, shareLink, waitForMeter, waitForPeople } from '../app.ts'
import { openScene, type Scene } from '../scene.ts'
import { whyNoBox } from './box.ts'
import { openPeople, type People } from './people.ts'
import { readTransport } from './transport.ts'

const HOLDERS = 3
const BYTES = 1024 * 1024
const trouble = whyNoBox()
if (trouble !== undefined) console.log(`Skipped: no internet in a box. ${trouble}`)

let scene: Scene
let people: People
beforeAll(async () => {
  if (trouble !== undefined) return
  scene = await openScene()
  const folder = join(scene.folder, 'people')
  await mkdir(folder)
  people = await openPeople(scene, { folder, holders: HOLDERS, policy: { code: [{ holders: HOLDERS, k: 2, n: HOLDERS }] } })
})
afterAll(async () => {
  await people?.close()
  await scene?.close()
})

test.skipIf(trouble !== undefined)(
  'a page fetches a file, byte for byte, over lines of 5 Mbit/s with a round trip of 50 ms, and by no other way',
  async () => {
    const file = await scene.randomFile('letter.bin', BYTES)
    const owner = await people.browser('owner', 'owner', people.url)
    await waitForPeople(owner.page, HOLDERS)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, HOLDERS)
    const link = await shareLink(owner.page, file.name)
    await owner.close()

    const line = { up: 5, down: 5, queueMs: 200 }
    await people.tune({ ...line, delayMs: 15 }, { reader: { ...line, delayMs: 10 } })
    const reader = await people.browser('reader', 'reader', link)
    expect(await downloadFromLink(reader.page, scene.folder, MINUTE)).toBe(file.sha256)

    const { receivedBytes } = await readTransport(reader.page)
    expect(receivedBytes).toBeGreaterThan(BYTES)
    const { reader: over } = await people.box.figures()
    expect(over?.gotBytes).toBeGreaterThan(receivedBytes)
    await reader.close()
  },
)
