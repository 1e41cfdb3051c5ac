import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { downloadOwn, MINUTE, rowOf, waitForPeople, waitForStatus } from './app.ts'
import { lookAround, openWard, watchUntil } from './healing.ts'
import { readWords, restoreFrom, waitForList } from './restoring.ts'
import { openScene, type Scene, type TestFile } from './scene.ts'

const [FOLDERS, FILES_IN_EACH, HOLDERS, M] = [6, 5, 10, 6]
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  '[VLT28] [VLT29] once every holder of the time was replaced by guardians, twelve words still bring back the tree and each of its files',
  async () => {
    const ward = await openWard(scene, HOLDERS)
    const top = join(scene.folder, 'archive')
    const files: (TestFile & { readonly folder: string })[] = []
    for (let folderAt = 0; folderAt < FOLDERS; folderAt++) {
      // Every second one lies in the one before.
      const below = folderAt % 2 === 0 ? [`year ${folderAt}`] : [`year ${folderAt - 1}`, `month ${folderAt}`]
      const folder = join(top, ...below)
      await mkdir(folder, { recursive: true })
      for (let at = 0; at < FILES_IN_EACH; at++) {
        const file = await scene.randomFile(`letter ${folderAt}-${at}.bin`, 40_000 + 900_000 * Number(at === 0))
        await rename(file.path, join(folder, file.name))
        files.push({ ...file, folder: ['archive', ...below].join('/') })
      }
    }
    const owner = await scene.browser('owner', `${ward.swarm.url}/files/`)
    await waitForPeople(owner.page, HOLDERS)
    await owner.page.getByLabel('Add folder', { exact: true }).first().setInputFiles(top)
    // A search goes over all folders.
    await owner.page.getByLabel('Find a file').fill('letter')
    for (const { name } of files) await waitForStatus(rowOf(owner.page, name), ['Fragile'])
    const words = await readWords(owner.page)
    await waitForList(owner.page)
    await owner.kill()
    await rm(owner.profileFolder, { recursive: true })

    const segments = [...(await lookAround(ward)).piecesBySegment.keys()]
    const look = () => lookAround(ward, segments)
    for (const holder of [...ward.living]) {
      await ward.leave(holder)
      await ward.arrive()
      await watchUntil(look, ({ least }) => least >= M)
    }

    const heir = await scene.browser('heir', `${ward.swarm.url}/files/`)
    await restoreFrom(heir.page, words)
    await heir.page.getByLabel('Find a file').fill('letter')
    for (const { name, folder } of files) {
      await rowOf(heir.page, name).getByText(folder.replaceAll('/', ' › ')).waitFor({ timeout: MINUTE })
    }
    for (const { name, sha256 } of files.filter((_file, at) => at % 4 === 0)) {
      expect(await downloadOwn(heir.page, name, scene.folder)).toBe(sha256)
    }
    // Asked for once, their people are known, and each file is kept as it was.
    for (const { name } of files) await waitForStatus(rowOf(heir.page, name), ['Fragile', 'Restoring'])
  },
  30 * MINUTE,
)
