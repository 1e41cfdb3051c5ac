import type { Page } from 'playwright'
import { expect } from 'vitest'
import { MINUTE } from './app.ts'

/** Presses Tab until the element named `name` has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  await page
    .getByLabel(name, { exact: true })
    .or(page.getByText(name, { exact: true }))
    .first()
    .waitFor({ timeout: MINUTE })
  const passed: string[] = []
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab')
    passed.push(await focusedName(page))
    if (passed.at(-1) !== name) continue
    expect(await page.evaluate(() => document.activeElement?.matches(':focus-visible'))).toBe(true)
    return
  }
  throw new Error(`Tab does not reach ${name}, but ${passed.join(', ')}`)
}

/** Presses the right arrow until the element named `name` has the focus. */
export async function arrowTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 8; presses += 1) {
    await page.keyboard.press('ArrowRight')
    if ((await focusedName(page)) === name) return
  }
  throw new Error(`the arrows do not reach ${name}, but ${await focusedName(page)}`)
}

/** Returns the name of what has the focus. */
export function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '')
}
