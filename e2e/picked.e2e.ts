import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MINUTE, openFolder, rowOf } from './app.ts'
import type { Browser } from './browser.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let owner: Browser

beforeAll(async () => {
  scene = await openScene()
  const swarm = await scene.swarm({ peers: 0 })
  owner = await scene.browser('owner', `${swarm.url}/files/`)
}, 4 * MINUTE)
afterAll(() => scene.close())

test(
  'files chosen in a picker go in, even when the screen that opened it has gone meanwhile',
  async () => {
    const { page } = owner
    const names = ['dropped.txt', 'chosen.txt', 'chosen later.txt'] as const
    const paths = names.map((name) => join(scene.folder, name))
    for (const path of paths) await writeFile(path, path)
    const press = () => page.locator('label', { hasText: 'Add files' }).click()

    const [picker] = await Promise.all([page.waitForEvent('filechooser'), press()])
    await page
      .getByLabel('Add files', { exact: true })
      .first()
      .setInputFiles(paths[0] ?? '')
    await rowOf(page, names[0]).waitFor({ timeout: MINUTE })
    await picker.setFiles(paths[1] ?? '')
    await rowOf(page, names[1]).waitFor({ timeout: MINUTE })

    const [later] = await Promise.all([page.waitForEvent('filechooser'), press()])
    await page.getByRole('link', { name: 'People', exact: true }).first().click()
    await page.getByRole('table', { name: 'People' }).waitFor({ timeout: MINUTE })
    await later.setFiles(paths[2] ?? '')
    await rowOf(page, names[2]).waitFor({ timeout: MINUTE })
  },
  4 * MINUTE,
)

test(
  'one path that is too long is named in its own words, and the rest of its folder goes in',
  async () => {
    const { page } = owner
    const top = join(scene.folder, 'Projects')
    const deep = join(top, ...Array.from({ length: 6 }, (_, at) => '研究資料'.repeat(17) + String(at)))
    await mkdir(deep, { recursive: true })
    await writeFile(join(deep, 'deep.txt'), 'deep')
    for (const name of ['one.txt', 'two.txt']) await writeFile(join(top, name), name)
    await page.getByLabel('Add folder', { exact: true }).first().setInputFiles(top)
    await page.getByText('Not added: deep.txt.').waitFor({ timeout: MINUTE })
    await openFolder(page, 'Projects')
    for (const name of ['one.txt', 'two.txt']) await rowOf(page, name).waitFor({ timeout: MINUTE })
    await page.getByLabel('Find a file').fill('deep.txt')
    await page.getByText('Nothing is called').waitFor({ timeout: MINUTE })
    await page.getByLabel('Find a file').fill('')
    expect(await page.getByText(/Something received/).count()).toBe(0)
  },
  4 * MINUTE,
)

test(
  'a file is found whatever the case and the accents of the search, and its name is shown in the order in which it is stored',
  async () => {
    const { page } = owner
    await page
      .getByLabel('Add files', { exact: true })
      .first()
      .setInputFiles([
        { name: 'Re\u0301sume\u0301.pdf', mimeType: 'application/pdf', buffer: Buffer.from('a') },
        { name: 'photo\u202egnp.exe', mimeType: 'image/png', buffer: Buffer.from('b') },
      ])
    await rowOf(page, 'photognp.exe').waitFor({ timeout: MINUTE })
    const find = page.getByRole('searchbox', { name: 'Find a file' })
    for (const search of ['résumé', 'RESUME', 're\u0301sum']) {
      await find.fill(search)
      await page.waitForFunction(() => document.querySelectorAll('[role=grid] [role=row]').length === 1)
      // Names are in the composed form, whatever form they came in. VLT12.
      await rowOf(page, 'Re\u0301sume\u0301.pdf'.normalize('NFC')).waitFor({ timeout: MINUTE })
    }
    await find.fill('')
    const arriving = page.waitForEvent('download', { timeout: MINUTE })
    await page.getByRole('button', { name: 'Download photognp.exe', exact: true }).click({ timeout: MINUTE })
    expect((await arriving).suggestedFilename()).toBe('photognp.exe')
    await page.getByRole('button', { name: 'Delete photognp.exe', exact: true }).click()
    await page.getByText('photognp.exe is in the trash').waitFor({ timeout: MINUTE })
    expect(await page.content()).not.toContain('\u202e')
  },
  4 * MINUTE,
)
