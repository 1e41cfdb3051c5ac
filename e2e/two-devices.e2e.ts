import type { Page } from 'playwright'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, downloadOwn, MINUTE, rowOf, waitForPeople, waitForStatus } from './app.ts'
import { readWords, restoreFrom, waitForList } from './restoring.ts'
import { openScene, type Scene } from './scene.ts'

const PEOPLE = 8
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  '[LOG6] [VLT15] two browsers of one list see what the other does, and what each did alone comes together',
  async () => {
    const swarm = await scene.swarm({ peers: PEOPLE })
    const letter = await scene.randomFile('letter.bin', 80_000)
    const laptop = await scene.browser('laptop', `${swarm.url}/files/`)
    await waitForPeople(laptop.page, PEOPLE)
    await addFile(laptop.page, letter)
    await waitForStatus(rowOf(laptop.page, letter.name), ['Fragile'])
    const words = await readWords(laptop.page)
    await waitForList(laptop.page)
    await openFiles(laptop.page)

    const phone = await scene.browser('phone', `${swarm.url}/files/`)
    await restoreFrom(phone.page, words)
    await rowOf(phone.page, letter.name).waitFor({ timeout: MINUTE })

    await make(phone.page, 'Trip')
    await rowOf(laptop.page, 'Trip').waitFor({ timeout: 2 * MINUTE })
    await rename(laptop.page, 'Trip', 'Alps')
    await rowOf(phone.page, 'Alps').waitFor({ timeout: 2 * MINUTE })
    // Once they know each other, nobody else has to be asked.
    const at = Date.now()
    await make(phone.page, 'Letters')
    await rowOf(laptop.page, 'Letters').waitFor({ timeout: MINUTE })
    console.log(`a folder shows on the other device after ${Date.now() - at} ms`)

    // What goes into the trash on one device comes back on both.
    await remove(laptop.page, 'Letters')
    await rowOf(phone.page, 'Letters').waitFor({ state: 'detached', timeout: 2 * MINUTE })
    await phone.page.getByRole('link', { name: 'Trash', exact: true }).click({ timeout: MINUTE })
    await phone.page.getByRole('button', { name: 'Restore Letters' }).click({ timeout: MINUTE })
    await rowOf(laptop.page, 'Letters').waitFor({ timeout: 2 * MINUTE })

    // Each alone, and then together again.
    await phone.page.goto('about:blank')
    await rename(laptop.page, 'Alps', 'Andes')
    await make(laptop.page, 'From the laptop')
    await laptop.page.getByRole('link', { name: 'You', exact: true }).first().click()
    await waitForList(laptop.page)
    await laptop.page.goto('about:blank')
    await phone.page.goto(`${swarm.url}/files/`)
    await make(phone.page, 'From the phone')
    for (const name of ['Andes', 'From the laptop']) await rowOf(phone.page, name).waitFor({ timeout: 2 * MINUTE })
    await laptop.page.goto(`${swarm.url}/files/`)
    await rowOf(laptop.page, 'From the phone').waitFor({ timeout: 2 * MINUTE })
    expect(await namesOn(laptop.page)).toEqual(await namesOn(phone.page))
    await laptop.page.getByRole('link', { name: 'You', exact: true }).first().click()
    const devices = laptop.page.getByRole('list', { name: 'Devices' }).getByRole('listitem')
    await devices.nth(1).waitFor({ timeout: MINUTE })
    expect(await devices.getByRole('button', { name: /^Remove / }).count()).toBe(1)
    expect(await downloadOwn(phone.page, letter.name, scene.folder)).toBe(letter.sha256)
  },
  15 * MINUTE,
)

async function openFiles(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Files', exact: true }).first().click()
}

async function make(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'New folder', exact: true }).click({ timeout: MINUTE })
  await fillName(page, name)
  await rowOf(page, name).waitFor({ timeout: MINUTE })
}

async function rename(page: Page, from: string, to: string): Promise<void> {
  await rowOf(page, from).focus()
  await page.keyboard.press('F2')
  await fillName(page, to)
  await rowOf(page, to).waitFor({ timeout: MINUTE })
}

async function fillName(page: Page, name: string): Promise<void> {
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill(name, { timeout: MINUTE })
  await page.keyboard.press('Enter')
}

async function remove(page: Page, name: string): Promise<void> {
  await rowOf(page, name).focus()
  await page.keyboard.press('Delete')
  await rowOf(page, name).waitFor({ state: 'detached', timeout: MINUTE })
}

async function namesOn(page: Page): Promise<readonly string[]> {
  const rows = page.getByRole('grid', { name: 'Files' }).getByRole('row')
  const names = await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-label') ?? ''))
  return names.toSorted()
}
