import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MOST_WINDOW_BYTES } from '../src/protocol/limits.ts'
import { addFile, downloadFromLink, MINUTE, rowOf, shareLink, until, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import { openScene, type Scene } from './scene.ts'
import { sumOf } from './swarm.ts'

const MIB = 1024 * 1024
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  'with nobody there a file waits, outlives a reload, and goes out by itself when people come',
  async () => {
    const swarm = await scene.swarm({ peers: 0 })
    const file = await scene.randomFile('first of all.bin', 5 * MIB)
    const owner = await scene.browser('owner', `${swarm.url}/files/`)
    await addFile(owner.page, file)
    await waitForStatus(rowOf(owner.page, file.name), ['On this device only'])
    await rowOf(owner.page, file.name).getByText('Uploads automatically when people appear').waitFor({ timeout: MINUTE })
    await owner.page.reload()
    await waitForStatus(rowOf(owner.page, file.name), ['On this device only'])

    for (let index = 0; index < 8; index += 1) await scene.holder(swarm.networkFile, join(scene.folder, 'late', String(index)))
    await waitForMeter(owner.page, file.name, 6)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
    const link = await shareLink(owner.page, file.name)
    const reader = await scene.browser('reader', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(file.sha256)
  },
  15 * MINUTE,
)

test(
  'a file being stored survives the end of its browser, and no acknowledged slice goes out twice',
  async () => {
    const swarm = await scene.swarm({ peers: 8 })
    const file = await scene.randomFile('interrupted.bin', 24 * MIB)
    const owner = await scene.browser('owner', `${swarm.url}/files/`)
    await waitForPeople(owner.page, 8)
    await addFile(owner.page, file)
    await rowOf(owner.page, file.name)
      .getByText('pieces placed')
      .waitFor({ timeout: 4 * MINUTE })
    await until(async () => (await sumOf(swarm.holders)).received > 8 * MIB)
    await owner.kill()

    const again = await scene.browser('owner', `${swarm.url}/files/`)
    await waitForMeter(again.page, file.name, 8)
    await waitForStatus(rowOf(again.page, file.name), ['Fragile'])
    const after = await sumOf(swarm.holders)
    expect(after.kept).toBeGreaterThanOrEqual(8 * (file.size / 2))
    // Bytes on their way and not yet acknowledged may come twice: a window per piece.
    expect(after.received - after.kept).toBeLessThan(8 * MOST_WINDOW_BYTES + MIB)
    const link = await shareLink(again.page, file.name)
    const reader = await scene.browser('reader', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(file.sha256)
  },
  15 * MINUTE,
)
