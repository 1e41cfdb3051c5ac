import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { downloadOwn, MINUTE, rowOf, waitForPeople, waitForStatus } from './app.ts'
import { removeProfile } from './browser.ts'
import { lookAround, openWard, watchUntil } from './healing.ts'
import { readWords, restoreFrom, waitForList } from './restoring.ts'
import { openScene, type Scene, type TestFile } from './scene.ts'

const [FOLDERS, FILES_IN_EACH, HOLDERS, M] = [12, 17, 10, 6]
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  '[VLT28] [VLT29] once every holder of the time was replaced by guardians, twelve words still bring back the tree, its trash and versions, and each of its files',
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
        const file = await scene.randomFile(nameOf(folderAt, at), 20_000 + 900_000 * Number(at === 0))
        await rename(file.path, join(folder, file.name))
        files.push({ ...file, path: join(folder, file.name), folder: ['archive', ...below].join(' › ') })
      }
    }
    const { page, ...owner } = await scene.browser('owner', `${ward.swarm.url}/files/`)
    await waitForPeople(page, HOLDERS)
    await page.getByLabel('Add folder', { exact: true }).first().setInputFiles(top)
    for (let at = 0; at < FOLDERS; at++)
      for (const { name } of await found(page, files, at)) await waitForStatus(rowOf(page, name), ['Fragile'])

    // One folder is empty but for what is moved there; one file has another name, one an earlier version, five are in the trash.
    await page.getByLabel('Find a file').fill('')
    await page.getByRole('button', { name: 'New folder', exact: true }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('set aside')
    await page.keyboard.press('Enter')
    await rowOf(page, 'set aside').waitFor({ timeout: MINUTE })
    const [renamed, moved, edited, ...deleted] = [0, 1, 2, 3, 4, 5, 6, 7].map((at) => fileNamed(files, nameOf(1, at + 1)))
    if (renamed === undefined || moved === undefined || edited === undefined) throw new Error('files')
    await found(page, files, 1)
    await rowOf(page, renamed.name).focus()
    await page.keyboard.press('F2')
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('letter to the archive.bin')
    await page.keyboard.press('Enter')
    await rowOf(page, renamed.name).waitFor({ state: 'detached', timeout: MINUTE })
    await rowOf(page, moved.name).focus()
    await page.keyboard.press('Space')
    await page.getByRole('toolbar').getByRole('button', { name: 'Move' }).click({ timeout: MINUTE })
    const dialog = page.getByRole('dialog', { name: 'Move to' })
    await dialog.getByRole('treeitem', { name: 'set aside' }).click({ timeout: MINUTE })
    await dialog.getByRole('button', { name: 'Move here' }).click()
    await rowOf(page, moved.name).getByText('in set aside').waitFor({ timeout: MINUTE })
    for (const { name } of deleted) {
      await rowOf(page, name).focus()
      await page.keyboard.press('Delete')
      await rowOf(page, name).waitFor({ state: 'detached', timeout: MINUTE })
    }
    await rowOf(page, edited.name).getByText(`in ${edited.folder}`).click()
    await mkdir(join(scene.folder, 'edited'))
    const newer = await scene.randomFile('newer.bin', 30_000)
    const newerPath = join(scene.folder, 'edited', edited.name)
    await rename(newer.path, newerPath)
    await page.getByLabel('Add files', { exact: true }).first().setInputFiles(newerPath)
    await page.getByRole('dialog').getByRole('button', { name: 'New version' }).click({ timeout: MINUTE })
    await rowOf(page, edited.name).getByText('30 KB').first().waitFor({ timeout: MINUTE })
    await waitForStatus(rowOf(page, edited.name), ['Fragile'])

    const words = await readWords(page)
    await waitForList(page)
    await owner.kill()
    await removeProfile(owner)

    const segments = [...(await lookAround(ward)).piecesBySegment.keys()]
    const look = () => lookAround(ward, segments)
    for (const holder of [...ward.living]) {
      await ward.leave(holder)
      await ward.arrive()
      await watchUntil(look, ({ least }) => least >= M)
    }

    const { page: heir } = await scene.browser('heir', `${ward.swarm.url}/files/`)
    await restoreFrom(heir, words)
    const left = files.filter((file) => ![renamed, moved, edited, ...deleted].includes(file))
    for (let at = 0; at < FOLDERS; at++) {
      for (const { name, folder } of await found(heir, left, at)) {
        await rowOf(heir, name).getByText(`in ${folder}`).waitFor({ timeout: MINUTE })
        // Asked for once, their people are known, and each file is kept as it was.
        await waitForStatus(rowOf(heir, name), ['Fragile', 'Restoring'])
      }
      const sample = fileNamed(files, nameOf(at, at === 1 ? 0 : at))
      expect(await downloadOwn(heir, sample.name, scene.folder)).toBe(sample.sha256)
    }
    await heir.getByLabel('Find a file').fill('letter to the archive')
    expect(await downloadOwn(heir, 'letter to the archive.bin', scene.folder)).toBe(renamed.sha256)
    await heir.getByLabel('Find a file').fill(edited.name)
    expect(await downloadOwn(heir, edited.name, scene.folder)).toBe(newer.sha256)
    await rowOf(heir, edited.name)
      .getByRole('button', { name: `Details of ${edited.name}`, exact: true })
      .click()
    const versions = heir.getByRole('list', { name: `Versions of ${edited.name}` }).getByRole('listitem')
    await versions
      .nth(1)
      .getByRole('button', { name: /^Restore version of / })
      .click({ timeout: MINUTE })
    await versions.nth(2).waitFor({ timeout: MINUTE })
    await heir.keyboard.press('Escape')
    expect(await downloadOwn(heir, edited.name, scene.folder)).toBe(edited.sha256)
    await heir.getByLabel('Find a file').fill(moved.name)
    await rowOf(heir, moved.name).getByText('in set aside').waitFor({ timeout: MINUTE })
    await heir.getByRole('link', { name: 'Trash', exact: true }).click()
    await heir.getByText('5 items').waitFor({ timeout: MINUTE })
    const [back] = deleted
    await heir.getByRole('button', { name: `Restore ${back?.name}`, exact: true }).click()
    await heir.getByText('4 items').waitFor({ timeout: MINUTE })
    await heir.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'Files' }).click()
    await heir.getByLabel('Find a file').fill(back?.name ?? '')
    expect(await downloadOwn(heir, back?.name ?? '', scene.folder)).toBe(back?.sha256)
  },
  45 * MINUTE,
)

function nameOf(folderAt: number, at: number): string {
  return `letter ${String.fromCharCode(97 + folderAt)}-${at}.bin`
}

function fileNamed<T extends TestFile>(files: readonly T[], name: string): T {
  const file = files.find((one) => one.name === name)
  if (file === undefined) throw new Error(name)
  return file
}

/** Searches for the files of one folder, wherever they are now, and returns those of `files`. */
async function found<T extends TestFile>(page: Page, files: readonly T[], folderAt: number): Promise<readonly T[]> {
  const start = nameOf(folderAt, 0).split('-')[0] ?? ''
  await page.getByLabel('Find a file').fill(`${start}-`)
  return files.filter(({ name }) => name.startsWith(`${start}-`))
}
