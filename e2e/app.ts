import { join } from 'node:path'
import type { Locator, Page } from 'playwright'
import { sha256Of, type TestFile } from './scene.ts'
import type { StatusWord } from '../src/peer/index.ts'

/** A minute in milliseconds: a slow machine may take several. No test asserts how long anything took. */
export const MINUTE = 60_000

/** Returns the row of a file on the Files screen. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('grid', { name: 'Files' }).getByRole('row', { name, exact: true })
}

/** Gives a file to the app as the picker does. */
export async function addFile(page: Page, file: TestFile): Promise<void> {
  await page.getByLabel('Add files', { exact: true }).first().setInputFiles(file.path)
  await rowOf(page, file.name).waitFor({ timeout: MINUTE })
}

/** Waits until the status of `scope` (a row, or the page of a link) is one of `words`, and returns it. */
export async function waitForStatus(scope: Locator | Page, words: readonly StatusWord[], timeout = 4 * MINUTE): Promise<void> {
  const exact = new RegExp(`^(${words.join('|')})$`)
  await scope.getByText(exact).first().waitFor({ timeout })
}

/** Returns the value and the maximum of a file's meter: verified pieces of the worst segment, and how many there are to be. */
export async function readMeter(page: Page, name: string): Promise<{ readonly value: number; readonly max: number }> {
  const meter = page.getByRole('meter', { name: `Health of ${name}`, exact: true }).first()
  const [value, max] = await Promise.all([meter.getAttribute('aria-valuenow'), meter.getAttribute('aria-valuemax')])
  return { value: Number(value), max: Number(max) }
}

/** Waits until the meter of a file is full, or shows at least `value`. */
export async function waitForMeter(page: Page, name: string, value: number, timeout = 4 * MINUTE): Promise<void> {
  await page.waitForFunction(
    ([label, least]) => {
      const meters = [...document.querySelectorAll('[role=meter]')].filter((each) => each.getAttribute('aria-label') === label)
      return meters.some((meter) => Number(meter.getAttribute('aria-valuenow')) >= Number(least))
    },
    [`Health of ${name}`, value] as const,
    { timeout },
  )
}

/** Waits until at least `people` have answered. */
export async function waitForPeople(page: Page, people: number, timeout = 2 * MINUTE): Promise<void> {
  await page.waitForFunction(
    (least) => {
      const said = [...document.querySelectorAll('[role=status]')].map((each) => /Connected, (\d+) /.exec(each.textContent ?? '')?.[1])
      return said.some((count) => Number(count ?? -1) >= least)
    },
    people,
    { timeout },
  )
}

/** Asks until the answer is yes; the test's own timeout bounds the wait. */
export async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 100))
}

/** Shares a file and returns the whole link. */
export async function shareLink(page: Page, name: string): Promise<string> {
  await rowOf(page, name)
    .getByRole('button', { name: `Share ${name}`, exact: true })
    .click({ timeout: 2 * MINUTE })
  const box = page.getByRole('textbox', { name: 'Share link' })
  await page.waitForFunction(
    () => [...document.querySelectorAll('input, textarea')].some((box) => 'value' in box && /\/s\/#.{20}/.test(String(box.value))),
    undefined,
    { timeout: 2 * MINUTE },
  )
  return box.inputValue()
}

/** Presses "Download" on a link's page and returns the SHA-256 of the downloaded file; waits as long as the page does. */
export async function downloadFromLink(page: Page, folder: string, timeout = 4 * MINUTE): Promise<string> {
  const button = page.getByRole('button', { name: 'Download', exact: true })
  const [download] = await Promise.all([page.waitForEvent('download', { timeout }), button.click({ timeout: 2 * MINUTE })])
  const path = join(folder, `download-${process.hrtime.bigint()}`)
  await download.saveAs(path)
  return sha256Of(path)
}

/** Downloads a file from its own row and returns the SHA-256 of the downloaded file. */
export async function downloadOwn(page: Page, name: string, folder: string): Promise<string> {
  const arriving = page.waitForEvent('download', { timeout: 4 * MINUTE })
  await rowOf(page, name)
    .getByRole('button', { name: `Download ${name}`, exact: true })
    .click({ timeout: MINUTE })
  const path = join(folder, `own-${process.hrtime.bigint()}`)
  await (await arriving).saveAs(path)
  return sha256Of(path)
}

/** Opens a folder that is a row of the list. */
export async function openFolder(page: Page, name: string): Promise<void> {
  await rowOf(page, name).click({ timeout: MINUTE })
  await page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name, exact: true }).waitFor({ timeout: MINUTE })
}

/** Deletes for good all that is in the trash, and returns to the files. */
export async function emptyTrash(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Trash', exact: true }).click({ timeout: MINUTE })
  await page.getByRole('button', { name: 'Empty trash' }).click({ timeout: MINUTE })
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click({ timeout: MINUTE })
  await page.getByText('The trash is empty').waitFor({ timeout: MINUTE })
  await page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'Files' }).click({ timeout: MINUTE })
}

/** Lends space to others: as much as the page offers. */
export async function lendSpace(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Give', exact: true }).first().click()
  const keep = page.getByRole('switch', { name: 'Keep pieces for others' })
  if ((await keep.getAttribute('aria-checked')) !== 'true' && !(await keep.isChecked().catch(() => false))) await keep.click()
}
