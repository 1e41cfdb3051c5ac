import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, downloadOwn, MINUTE, openFolder, rowOf, waitForPeople, waitForStatus } from './app.ts'
import { readDeviceName, readWords, restoreFrom, waitForList } from './restoring.ts'
import { openScene, type Scene } from './scene.ts'

const MIB = 1024 * 1024
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  '[VLT24, VLT28] twelve words in a fresh browser bring back the list of files of one that is gone, and its files; the one that is lost is removed',
  async () => {
    const swarm = await scene.swarm({ peers: 8 })
    const film = await scene.randomFile('holiday film.bin', 5 * MIB)
    const notes = [await scene.randomFile('first note.bin', 70_000), await scene.randomFile('second note.bin', 90_000)]
    const folder = join(scene.folder, 'letters')
    await mkdir(folder)
    for (const { name, path } of notes) await rename(path, join(folder, name))

    const owner = await scene.browser('owner', `${swarm.url}/files/`)
    await waitForPeople(owner.page, 8)
    await addFile(owner.page, film)
    await owner.page.getByLabel('Add folder', { exact: true }).first().setInputFiles(folder)
    await waitForStatus(rowOf(owner.page, film.name), ['Fragile'])
    await openFolder(owner.page, 'letters')
    for (const { name } of notes) await waitForStatus(rowOf(owner.page, name), ['Fragile'])
    const words = await readWords(owner.page)
    await waitForList(owner.page)
    const lost = await readDeviceName(owner.page)
    await owner.kill()
    await rm(owner.profileFolder, { recursive: true })

    const heir = await scene.browser('heir', `${swarm.url}/files/`)
    await restoreFrom(heir.page, words, [lost])
    expect(await downloadOwn(heir.page, film.name, scene.folder)).toBe(film.sha256)
    await openFolder(heir.page, 'letters')
    for (const { name, sha256 } of notes) expect(await downloadOwn(heir.page, name, scene.folder)).toBe(sha256)
    // Over a restart it is this browser's own list.
    await heir.page.reload()
    for (const { name } of notes) await rowOf(heir.page, name).waitFor({ timeout: MINUTE })
    expect(await readWords(heir.page)).toBe(words)
    const devices = heir.page.getByRole('list', { name: 'Devices' }).getByRole('listitem')
    await devices.first().waitFor()
    expect(await devices.allTextContents()).toEqual([expect.stringMatching(/this one/)])
  },
  10 * MINUTE,
)
