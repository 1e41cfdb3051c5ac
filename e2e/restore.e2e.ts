import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, downloadOwn, MINUTE, openFolder, rowOf, waitForPeople, waitForStatus } from './app.ts'
import { removeProfile } from './browser.ts'
import { readDeviceName, readWords, restoreFrom, restoreIn, waitForList } from './restoring.ts'
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
    await removeProfile(owner)

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

test(
  '[VLT33] files of a browser under other words go along into the list that it restores, and are read by both devices',
  async () => {
    const swarm = await scene.swarm({ peers: 8 })
    const [theirs, own] = [await scene.randomFile('in the list.bin', 300_000), await scene.randomFile('of this browser.bin', 3 * MIB)]
    const first = await scene.browser('first', `${swarm.url}/files/`)
    await waitForPeople(first.page, 8)
    await addFile(first.page, theirs)
    await waitForStatus(rowOf(first.page, theirs.name), ['Fragile'])
    const words = await readWords(first.page)
    await waitForList(first.page)

    const second = await scene.browser('second', `${swarm.url}/files/`)
    await waitForPeople(second.page, 8)
    await addFile(second.page, own)
    await waitForStatus(rowOf(second.page, own.name), ['Fragile'])
    await second.page.getByRole('link', { name: 'You', exact: true }).first().click()
    await second.page.getByRole('button', { name: 'Restore from words' }).click()
    await second.page.getByText(/^1 file in this browser comes along/).waitFor()
    await restoreIn(second.page, words)
    expect(await downloadOwn(second.page, theirs.name, scene.folder)).toBe(theirs.sha256)
    await openFolder(second.page, 'From this device')
    await waitForStatus(rowOf(second.page, own.name), ['Fragile'])
    expect(await downloadOwn(second.page, own.name, scene.folder)).toBe(own.sha256)
    await second.kill()

    await first.page.getByRole('link', { name: 'Files', exact: true }).first().click()
    await openFolder(first.page, 'From this device')
    expect(await downloadOwn(first.page, own.name, scene.folder)).toBe(own.sha256)
  },
  10 * MINUTE,
)
