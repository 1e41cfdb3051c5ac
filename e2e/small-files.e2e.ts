import { afterEach, beforeEach, expect, test } from 'vitest'
import { downloadFromLink, downloadOwn, emptyTrash, MINUTE, rowOf, shareLink, until, waitForMeter, waitForPeople } from './app.ts'
import { openScene, type Scene, type TestFile } from './scene.ts'
import { sumOf } from './swarm.ts'

const FILES = 24
const FILE_BYTES = 100_000
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  'small files go out together, and each is fetched, shared and deleted by itself; what is deleted leaves the disks of the people',
  async () => {
    const policy = await scene.policy({ code: [{ holders: 3, k: 2, n: 3 }], guardian: { enabled: false }, trash: { holderMs: 1000 } })
    const swarm = await scene.swarm({ peers: 3, policy })
    const files: TestFile[] = []
    for (let at = 0; at < FILES; at++) files.push(await scene.randomFile(`note-${String(at).padStart(2, '0')}.bin`, FILE_BYTES + at))
    const [first, second, ...rest] = files
    if (first === undefined || second === undefined) throw new Error('no files')

    const owner = await scene.browser('owner', `${swarm.url}/files/`)
    const { page } = owner
    await waitForPeople(page, 3)
    await page
      .getByLabel('Add files', { exact: true })
      .first()
      .setInputFiles(files.map(({ path }) => path))
    for (const { name } of files) await waitForMeter(page, name, 3)
    // Each of three people has one piece of all of them.
    await until(async () => (await sumOf(swarm.holders)).kept > 0)
    const together = (await sumOf(swarm.holders)).kept
    expect(together).toBeGreaterThan(1.5 * FILES * FILE_BYTES)
    expect(together).toBeLessThan(1.6 * FILES * FILE_BYTES)

    expect(await downloadOwn(page, second.name, scene.folder)).toBe(second.sha256)
    const link = await shareLink(page, first.name)
    await page.keyboard.press('Escape')
    const reader = await scene.browser('reader', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(first.sha256)
    await reader.close()

    for (const { name } of rest) {
      await rowOf(page, name)
        .getByRole('button', { name: `Delete ${name}`, exact: true })
        .click({ timeout: MINUTE })
    }
    // The trash keeps them, and so do people.
    expect((await sumOf(swarm.holders)).kept).toBeGreaterThanOrEqual(together)
    await emptyTrash(page)
    await until(async () => (await sumOf(swarm.holders)).kept < together / 4)
    // After a start the page knows the files only from what it wrote down.
    await page.reload()
    await waitForPeople(page, 3)
    expect(await downloadOwn(page, second.name, scene.folder)).toBe(second.sha256)
    expect(await downloadOwn(page, first.name, scene.folder)).toBe(first.sha256)
    expect(await page.getByRole('grid', { name: 'Files' }).getByRole('row').count()).toBe(2)
  },
  8 * MINUTE,
)
