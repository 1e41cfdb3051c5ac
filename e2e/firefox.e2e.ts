import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFirefox } from '../setup/firefox.mjs'
import { addFile, downloadFromLink, MINUTE, shareLink, waitForMeter, waitForPeople } from './app.ts'
import type { CommonSwarm } from './common-swarm.ts'
import { openFirefox, type Firefox } from './firefox.ts'
import { openScene, type Scene } from './scene.ts'

const MIB = 1024 * 1024
const PEOPLE = 6
const executablePath = findFirefox()
if (executablePath === undefined) console.log('Skipped: there is no Firefox here. Install one, or name it by FIREFOX_PATH.')

let scene: Scene
let swarm: CommonSwarm
let firefox: Firefox
beforeAll(async () => {
  if (executablePath === undefined) return
  scene = await openScene()
  swarm = await scene.commonSwarm()
  firefox = await openFirefox(executablePath, `${scene.folder}/firefox`, `${swarm.url}/files/`)
}, 8 * MINUTE)
afterAll(async () => {
  await firefox?.close()
  await scene?.close()
})

/** Waits until `find`, which runs in the page, returns something, and returns that. */
async function shown<T>(page: Page, find: (...given: string[]) => T, ...given: string[]): Promise<NonNullable<T>> {
  const handle = await page.waitForFunction(find, { timeout: 4 * MINUTE, polling: 200 }, ...given)
  return (await handle.jsonValue()) as NonNullable<T>
}

/** Presses the button called `name` as soon as it exists. */
async function press(page: Page, name: string): Promise<void> {
  await shown(
    page,
    (called) => {
      const nameOf = (button: HTMLButtonElement): string => button.getAttribute('aria-label') ?? button.innerText.trim()
      const button = [...document.querySelectorAll('button')].find((each) => nameOf(each) === called && !each.disabled)
      button?.click()
      return button !== undefined
    },
    name,
  )
}

test.skipIf(executablePath === undefined)(
  'Firefox meets people, takes a drop, stores a file, gives it away by a link and has it again',
  async () => {
    const { page } = firefox
    await shown(page, (least) => Number(/Connected, (\d+)/.exec(document.body.innerText)?.[1]) >= Number(least), String(PEOPLE))
    await page.evaluate(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File(['dropped in Firefox'], 'dropped.txt'))
      for (const type of ['dragover', 'drop']) window.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, cancelable: true }))
    })
    const file = await scene.randomFile('from firefox.bin', 8 * MIB)
    const input = await page.waitForSelector('input[type=file][aria-label="Add files"]')
    await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(file.path)
    for (const name of ['dropped.txt', file.name]) {
      await shown(
        page,
        (label, full) => document.querySelector(`[role=meter][aria-label="Health of ${label}"]`)?.getAttribute('aria-valuenow') === full,
        name,
        String(PEOPLE),
      )
    }
    await press(page, `Share ${file.name}`)
    const link = await shown(page, () =>
      [...document.querySelectorAll('input, textarea')]
        .map((box) => ('value' in box ? String(box.value) : ''))
        .find((value) => /\/s\/#.{20}/.test(value)),
    )
    const reader = await scene.browser('reader', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(file.sha256)
    await reader.close()
    await page.keyboard.press('Escape')
    await press(page, `Download ${file.name}`)
    expect(await firefox.saved(file.name)).toBe(file.sha256)
    expect(firefox.complaints).toEqual([])
  },
  10 * MINUTE,
)

test.skipIf(executablePath === undefined)(
  'Firefox keeps pieces for a Chromium, and fetches 64 MiB by a link to disk',
  async () => {
    const { page } = firefox
    await page.goto(`${swarm.url}/give/`)
    await page.locator('[role=switch][aria-label="Keep pieces for others"], ::-p-aria([role="switch"])').setTimeout(MINUTE).click()
    await shown(page, () => document.querySelector('[role=switch][aria-checked=true], [role=switch]:checked') !== null)
    const owner = await scene.browser('owner', `${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE + 1)
    const file = await scene.randomFile('to firefox.bin', 64 * MIB)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, PEOPLE + 1, 8 * MINUTE)
    const link = await shareLink(owner.page, file.name)
    await owner.close()
    const tab = await firefox.openTab(link)
    await shown(tab, (name) => document.querySelector('h1')?.innerText === name, file.name)
    await press(tab, 'Download')
    expect(await firefox.saved(file.name)).toBe(file.sha256)
    expect(firefox.complaints).toEqual([])
  },
  15 * MINUTE,
)
