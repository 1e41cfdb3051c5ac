import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addFile, downloadFromLink, MINUTE, shareLink, waitForMeter, waitForPeople } from '../app.ts'
import { openScene, type Scene, type TestFile } from '../scene.ts'
import { whyNoBox } from './box.ts'
import { openPeople, type People } from './people.ts'
import { readTransport } from './transport.ts'

const HOLDERS = 8
const BYTES = 12 * 1024 * 1024
const FAST = { up: 50, down: 50, queueMs: 200, delayMs: 10 }
const SLOW = { up: 1, down: 1, queueMs: 200, delayMs: 10 }
/** Longest time without a byte that a change may cause, beyond what the line itself takes. */
const STALL_MS = 5_000
const LOOK_MS = 500
const trouble = whyNoBox()
if (trouble !== undefined) console.log(`Skipped: no internet in a box. ${trouble}`)

let scene: Scene
let people: People
let file: TestFile
let link: string
beforeAll(async () => {
  if (trouble !== undefined) return
  scene = await openScene()
  const folder = join(scene.folder, 'people')
  await mkdir(folder)
  people = await openPeople(scene, { folder, holders: HOLDERS, policy: { code: [{ holders: HOLDERS, k: 2, n: HOLDERS }] } })
  file = await scene.randomFile('holiday.bin', BYTES)
  const owner = await people.browser('owner', 'owner', people.url)
  await waitForPeople(owner.page, HOLDERS)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, HOLDERS)
  link = await shareLink(owner.page, file.name)
  await owner.close()
}, 4 * MINUTE)
afterAll(async () => {
  await people?.close()
  await scene?.close()
})

test.skipIf(trouble !== undefined)('[FET6] a download goes on over a line that falls from 50 to 1 Mbit/s and rises again', async () => {
  await people.tune({ ...FAST, up: 10, down: 10 }, { reader: FAST })
  const reader = await people.browser('reader', 'changing line', link)
  const progress = watchProgress(reader.page)
  const arriving = downloadFromLink(reader.page, scene.folder, 5 * MINUTE)
  await progress.beyond(BYTES / 4)
  await people.tune({ ...FAST, up: 10, down: 10 }, { reader: SLOW })
  await progress.beyond(BYTES * 0.75)
  expect(await reader.page.getByText('The people who keep it send slowly').count()).toBe(0)
  await people.tune({ ...FAST, up: 10, down: 10 }, { reader: FAST })
  expect(await arriving).toBe(file.sha256)
  expect(await progress.end()).toBeLessThan(STALL_MS)
  await reader.close()
})

test.skipIf(trouble !== undefined)('[FET7] a download goes on when those who send fall silent and others come', async () => {
  const [first, others] = [people.holders.slice(0, HOLDERS / 2), people.holders.slice(HOLDERS / 2)]
  const lines = (names: readonly string[], up: number) => Object.fromEntries(names.map((name) => [name, { ...FAST, up }]))
  await people.tune(FAST, { ...lines(first, 2), ...lines(others, 0.02), reader: FAST })
  const reader = await people.browser('reader', 'changing people', link)
  const progress = watchProgress(reader.page)
  const arriving = downloadFromLink(reader.page, scene.folder, 5 * MINUTE)
  await progress.beyond(BYTES / 4)
  await people.tune(FAST, { ...lines(first, 0.02), ...lines(others, 2), reader: FAST })
  expect(await arriving).toBe(file.sha256)
  expect(await progress.end()).toBeLessThan(STALL_MS)
  await reader.close()
})

/** Follows how many bytes a page receives. `end` returns the longest time for which next to none came while the download ran. */
function watchProgress(page: Page) {
  let receivedBytes = 0
  let movedAt = performance.now()
  let stallMs = 0
  let isOver = false
  const looking = (async () => {
    while (!isOver) {
      const { receivedBytes: now } = await readTransport(page)
      // Pings and keep-alives are no progress.
      if (now - receivedBytes > 4_096) {
        movedAt = performance.now()
        receivedBytes = now
      }
      if (receivedBytes > BYTES / 4) stallMs = Math.max(stallMs, performance.now() - movedAt)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  })().catch(() => undefined)
  return {
    async beyond(bytes: number): Promise<void> {
      while (receivedBytes < bytes) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    },
    async end(): Promise<number> {
      isOver = true
      await looking
      return stallMs
    },
  }
}
