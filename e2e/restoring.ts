import type { Page } from 'playwright'
import { MINUTE } from './app.ts'

/** Returns the recovery words that the You screen shows. */
export async function readWords(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'You', exact: true }).first().click()
  await page.getByRole('button', { name: 'Show recovery words' }).click()
  const words = page.getByRole('list', { name: 'Recovery words' }).getByRole('listitem')
  await words.first().waitFor()
  return (await words.allTextContents()).join(' ')
}

/**
 * Types the words where a browser without files offers it, waits until the list is back, and says which devices of it, by their names, are
 * lost.
 */
export async function restoreFrom(page: Page, words: string, lost: readonly string[] = []): Promise<void> {
  await page.getByRole('button', { name: 'I have recovery words' }).click()
  await restoreIn(page, words, lost)
}

/** The same in the dialog that is open. */
export async function restoreIn(page: Page, words: string, lost: readonly string[] = []): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Restore from words' })
  await dialog.getByLabel('Recovery words, in order').fill(words)
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click()
  const see = dialog.getByRole('button', { name: /see your files/i })
  await see.waitFor({ timeout: 3 * MINUTE })
  for (const name of lost) await dialog.getByRole('radiogroup', { name }).getByRole('radio', { name: 'It is lost' }).check()
  await see.click()
}

/** Returns the name of this device, as the You screen shows it. */
export async function readDeviceName(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'You', exact: true }).first().click()
  return (await page.getByRole('region', { name: 'This device' }).locator('dd b').textContent()) ?? ''
}

/** Waits until people have all of the list of files, as the You screen says. */
export async function waitForList(page: Page): Promise<void> {
  await page.getByText(/^Your list of files: with \d+ people, now\.$/).waitFor({ timeout: 2 * MINUTE })
}
