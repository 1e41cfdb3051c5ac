import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MINUTE, rowOf, until, waitForMeter, waitForPeople } from './app.ts'
import type { Browser } from './browser.ts'
import { focusedName, tabTo } from './keys.ts'
import { openScene, type Scene, type TestFile } from './scene.ts'
import { sumOf, type Swarm } from './swarm.ts'

const PEOPLE = 3
const MIB = 2 ** 20
let scene: Scene
let swarm: Swarm
let owner: Browser
let film: TestFile
let letter: TestFile
let note: TestFile

beforeAll(async () => {
  scene = await openScene()
  const policy = await scene.policy({ code: [{ holders: 3, k: 2, n: 3 }], guardian: { enabled: false }, trash: { holderMs: 1000 } })
  swarm = await scene.swarm({ peers: PEOPLE, policy })
  film = await scene.randomFile('film.bin', 2 * MIB)
  letter = await scene.randomFile('letter.txt', 3000)
  note = await scene.randomFile('note.txt', 2000)
  owner = await scene.browser('owner', `${swarm.url}/files/`)
  await waitForPeople(owner.page, PEOPLE)
})
afterAll(() => scene.close())

test(
  '[VLT18] by keyboard alone: a folder is made, files go into it, are renamed, selected and moved into a new one',
  async () => {
    const { page } = owner
    await page.getByLabel('Add files', { exact: true }).first().setInputFiles(note.path)
    await rowOf(page, note.name).waitFor({ timeout: MINUTE })
    await make(page, 'Trip')
    await rowOf(page, 'Trip').waitFor({ timeout: MINUTE })
    await untilFocused(page, 'Trip')
    await page.keyboard.press('Enter')
    await page.getByText('This folder is empty').waitFor({ timeout: MINUTE })
    expect(await pathOf(page)).toEqual(['Files', 'Trip'])

    const choosing = page.waitForEvent('filechooser', { timeout: MINUTE })
    await tabTo(page, 'Add files')
    await page.keyboard.press('Enter')
    await (await choosing).setFiles([film.path, letter.path])
    for (const { name } of [film, letter]) await waitForMeter(page, name, PEOPLE)
    expect(await rowOf(page, note.name).count()).toBe(0)

    await rowOf(page, letter.name).focus()
    await page.keyboard.press('F2')
    await page.getByRole('textbox', { name: 'Name' }).waitFor({ timeout: MINUTE })
    // The ending is not selected, so that it stays.
    await page.keyboard.type('to Grandmother')
    await page.keyboard.press('Enter')
    await rowOf(page, 'to Grandmother.txt').waitFor({ timeout: MINUTE })

    await page.keyboard.press('Home')
    await page.keyboard.press('Space')
    await page.keyboard.press('Shift+ArrowDown')
    await page.getByRole('toolbar', { name: '2 selected' }).waitFor({ timeout: MINUTE })
    expect(await selected(page)).toBe(2)
    await page.keyboard.press('Escape')
    expect(await selected(page)).toBe(0)
    await page.keyboard.press('Control+a')
    await page.getByRole('toolbar', { name: '2 selected' }).waitFor({ timeout: MINUTE })

    await tabTo(page, 'Move')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Move to' })
    await dialog.waitFor({ timeout: MINUTE })
    expect(await dialog.getByRole('treeitem', { name: 'Trip' }).getAttribute('aria-disabled')).toBe('true')
    await tabTo(page, 'New folder')
    await page.keyboard.press('Enter')
    await dialog.getByRole('textbox', { name: 'Name' }).waitFor({ timeout: MINUTE })
    await page.keyboard.type('Day 1')
    await page.keyboard.press('Enter')
    await dialog.getByRole('treeitem', { name: 'Day 1', selected: true }).waitFor({ timeout: MINUTE })
    await page.keyboard.press('Enter')
    await rowOf(page, film.name).waitFor({ state: 'detached', timeout: MINUTE })
    await rowOf(page, 'Day 1').getByText('2 files').waitFor({ timeout: MINUTE })
    await rowOf(page, 'Day 1').focus()
    await page.keyboard.press('Enter')
    for (const name of [film.name, 'to Grandmother.txt']) await rowOf(page, name).waitFor({ timeout: MINUTE })
    expect(await pathOf(page)).toEqual(['Files', 'Trip', 'Day 1'])
  },
  5 * MINUTE,
)

test(
  'the open folder is in the address: it is there after a reload, and Back goes up',
  async () => {
    const { page } = owner
    await page.reload()
    await rowOf(page, film.name).waitFor({ timeout: MINUTE })
    expect(await pathOf(page)).toEqual(['Files', 'Trip', 'Day 1'])
    await page.goBack()
    await rowOf(page, 'Day 1').waitFor({ timeout: MINUTE })
    await untilFocused(page, 'Day 1')
    await page.goForward()
    await rowOf(page, film.name).waitFor({ timeout: MINUTE })
    await page.goto(`${swarm.url}/files?in=${'0'.repeat(32)}`)
    await page.getByText('This folder is not here any more').waitFor({ timeout: MINUTE })
    await rowOf(page, note.name).waitFor({ timeout: MINUTE })
    expect(await pathOf(page)).toEqual(['Files'])
  },
  3 * MINUTE,
)

test(
  'a search goes over all folders and says where each file is, and what is dropped or dragged onto a folder goes into it',
  async () => {
    const { page } = owner
    await page.getByLabel('Find a file').fill('grandm')
    const found = rowOf(page, 'to Grandmother.txt')
    await found.getByText('in Trip › Day 1').click({ timeout: MINUTE })
    await rowOf(page, film.name).waitFor({ timeout: MINUTE })
    expect(await page.getByLabel('Find a file').inputValue()).toBe('')

    await page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'Files' }).click()
    await rowOf(page, note.name).dragTo(rowOf(page, 'Trip'))
    await page.getByText(`${note.name} is now in Trip`).waitFor({ timeout: MINUTE })
    await rowOf(page, 'Trip').getByText('3 files').waitFor({ timeout: MINUTE })
    await rowOf(page, 'Trip').evaluate((row) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['dropped'], 'dropped.txt'))
      row.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
    })
    await rowOf(page, 'Trip').getByText('4 files').waitFor({ timeout: MINUTE })
    await rowOf(page, 'Trip').click()
    for (const name of [note.name, 'dropped.txt']) await rowOf(page, name).waitFor({ timeout: MINUTE })
    await rowOf(page, note.name).dragTo(page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'Files' }))
    await rowOf(page, note.name).waitFor({ state: 'detached', timeout: MINUTE })
  },
  3 * MINUTE,
)

test(
  '[VLT18] [VLT24] by keyboard alone: what is deleted is undone, restored from the trash, and deleted for good, when its pieces leave the people',
  async () => {
    const { page } = owner
    await rowOf(page, 'Day 1').focus()
    await page.keyboard.press('Enter')
    await rowOf(page, film.name).waitFor({ timeout: MINUTE })
    const before = (await sumOf(swarm.holders)).kept
    expect(before).toBeGreaterThan(2 * MIB)

    await rowOf(page, film.name).focus()
    await page.keyboard.press('Delete')
    await page.getByText(`${film.name} is in the trash`).waitFor({ timeout: MINUTE })
    await untilFocused(page, 'to Grandmother.txt')
    await tabTo(page, 'Undo')
    await page.keyboard.press('Enter')
    await rowOf(page, film.name).waitFor({ timeout: MINUTE })

    await page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'Trip' }).focus()
    await page.keyboard.press('Enter')
    await rowOf(page, 'Day 1').focus()
    await page.keyboard.press('Delete')
    await rowOf(page, 'Day 1').waitFor({ state: 'detached', timeout: MINUTE })
    await tabTo(page, 'Trash')
    await page.keyboard.press('Enter')
    await page.getByText('2 files').waitFor({ timeout: MINUTE })
    await page.getByText('from Trip').waitFor({ timeout: MINUTE })
    await page.getByText('Each is kept for 30 days').waitFor({ timeout: MINUTE })
    await tabTo(page, 'Restore Day 1')
    await page.keyboard.press('Enter')
    await page.getByText('The trash is empty').waitFor({ timeout: MINUTE })
    expect((await sumOf(swarm.holders)).kept).toBe(before)

    await tabTo(page, 'Files')
    await page.keyboard.press('Enter')
    await rowOf(page, 'Trip').focus()
    await page.keyboard.press('Delete')
    await tabTo(page, 'Trash')
    await page.keyboard.press('Enter')
    await tabTo(page, 'Delete Trip for good')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Delete Trip for good?' }).waitFor({ timeout: MINUTE })
    await tabTo(page, 'Delete for good')
    await page.keyboard.press('Enter')
    await page.getByText('The trash is empty').waitFor({ timeout: MINUTE })
    await until(async () => (await sumOf(swarm.holders)).kept < before / 4)
    await tabTo(page, 'Files')
    await page.keyboard.press('Enter')
    await rowOf(page, note.name).waitFor({ timeout: MINUTE })
    expect(await page.getByRole('grid', { name: 'Files' }).getAttribute('aria-rowcount')).toBe('1')
  },
  6 * MINUTE,
)

async function make(page: Page, name: string): Promise<void> {
  await tabTo(page, 'New folder')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'New folder' }).getByRole('textbox', { name: 'Name' }).waitFor({ timeout: MINUTE })
  await page.keyboard.type(name)
  await page.keyboard.press('Enter')
}

async function untilFocused(page: Page, name: string): Promise<void> {
  await until(async () => (await focusedName(page)) === name)
}

function pathOf(page: Page): Promise<readonly string[]> {
  return page.getByRole('navigation', { name: 'Folders' }).getByRole('link').allTextContents()
}

function selected(page: Page): Promise<number> {
  return page.getByRole('row', { selected: true }).count()
}
