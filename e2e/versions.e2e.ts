import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256Of } from './scene.ts'
import { downloadOwn, MINUTE, rowOf, waitForMeter, waitForPeople } from './app.ts'
import { openScene, type Scene } from './scene.ts'

const NAME = 'letter.bin'
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  'a file of a name that is there becomes its new version; both are downloaded, the first is restored, and the second deleted',
  async () => {
    const policy = await scene.policy({ code: [{ holders: 3, k: 2, n: 3 }], guardian: { enabled: false } })
    const swarm = await scene.swarm({ peers: 3, policy })
    const first = await scene.randomFile(NAME, 300_000)
    await mkdir(join(scene.folder, 'before'))
    const before = join(scene.folder, 'before', NAME)
    await rename(first.path, before)
    const second = await scene.randomFile(NAME, 310_000)

    const { page } = await scene.browser('owner', `${swarm.url}/files/`)
    await waitForPeople(page, 3)
    await add(page, before)
    await waitForMeter(page, NAME, 3)
    await add(page, second.path)
    const asked = page.getByRole('dialog', { name: 'A file of this name is already here' })
    await asked.getByRole('button', { name: 'New version' }).click({ timeout: MINUTE })
    await rowOf(page, NAME).getByText('310 KB').first().waitFor({ timeout: MINUTE })
    await waitForMeter(page, NAME, 3)
    expect(await downloadOwn(page, NAME, scene.folder)).toBe(second.sha256)

    await rowOf(page, NAME)
      .getByRole('button', { name: `Details of ${NAME}`, exact: true })
      .click({ timeout: MINUTE })
    const versions = page.getByRole('list', { name: `Versions of ${NAME}` })
    await versions.getByRole('listitem').nth(1).waitFor({ timeout: MINUTE })
    expect(await versions.getByRole('listitem').count()).toBe(2)
    expect(await downloadVersion(page, 0)).toBe(second.sha256)
    expect(await downloadVersion(page, 1)).toBe(first.sha256)
    const names = await versions.getByRole('button').evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')))
    expect(new Set(names).size).toBe(names.length)

    await versions
      .getByRole('listitem')
      .nth(1)
      .getByRole('button', { name: /^Restore version of / })
      .click()
    await versions.getByRole('listitem').nth(2).waitFor({ timeout: MINUTE })
    expect(await downloadVersion(page, 0)).toBe(first.sha256)
    await versions
      .getByRole('listitem')
      .nth(1)
      .getByRole('button', { name: /^Delete version of / })
      .click()
    await versions.getByRole('button', { name: /^Delete version of .* for good$/ }).click()
    await versions.getByRole('listitem').nth(2).waitFor({ state: 'detached', timeout: MINUTE })
    await page.keyboard.press('Escape')
    expect(await downloadOwn(page, NAME, scene.folder)).toBe(first.sha256)
  },
  8 * MINUTE,
)

async function add(page: Page, path: string): Promise<void> {
  await page.getByLabel('Add files', { exact: true }).first().setInputFiles(path)
}

/** Downloads the `at`-th row of the list of versions and returns the SHA-256 of what came. */
async function downloadVersion(page: Page, at: number): Promise<string> {
  const row = page
    .getByRole('list', { name: `Versions of ${NAME}` })
    .getByRole('listitem')
    .nth(at)
  const arriving = page.waitForEvent('download', { timeout: 4 * MINUTE })
  await row.getByRole('button', { name: /^Download version of / }).click({ timeout: MINUTE })
  const path = join(scene.folder, `version-${process.hrtime.bigint()}`)
  await (await arriving).saveAs(path)
  return sha256Of(path)
}
