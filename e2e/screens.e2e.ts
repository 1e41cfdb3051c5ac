import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MINUTE, rowOf, shareLink, waitForPeople, waitForStatus } from './app.ts'
import type { Browser } from './browser.ts'
import { faultsAtEverySize } from './layout-faults.ts'
import { openScene, type Scene } from './scene.ts'
import type { Swarm } from './swarm.ts'

const PEOPLE = 3
const MANY = 400
const long = `${'W'.repeat(226)}.bin`
const scripts = [
  'صورة من العطلة الصيفية الطويلة جدا في الجبال والبحر.jpg',
  'מסמך ארוך מאוד עם שם שלא נגמר לעולם.pdf',
  '長い夏休みの写真と動画をまとめたもの.zip',
]
const names = [long, ...scripts, ...Array.from({ length: 56 }, (_, at) => `Holiday photo ${String(at).padStart(3, '0')}.jpg`)]
let scene: Scene
let swarm: Swarm
let owner: Browser
let link: string

beforeAll(async () => {
  scene = await openScene()
  swarm = await scene.swarm({ peers: PEOPLE })
  owner = await scene.browser('owner', `${swarm.url}/files/`)
  await waitForPeople(owner.page, PEOPLE)
  await addAll(owner.page, names)
  await waitForStatus(rowOf(owner.page, names.at(-1) ?? ''), ['Fragile'])
})
afterAll(() => scene.close())

test(
  'at every width, turned there and back, nothing is cut, nothing goes sideways and every control can be pressed',
  async () => {
    const { page } = owner
    const film = await scene.randomFile('Wedding film.mp4', 40_000_000)
    await page.getByLabel('Add files', { exact: true }).first().setInputFiles(film.path)
    await page.getByText('Transfers', { exact: true }).waitFor({ timeout: MINUTE })
    const found: string[] = []
    found.push(...(await faultsAtEverySize(page, 'Files')))
    await page.getByRole('button', { name: `Details of ${long}`, exact: true }).click()
    await page.getByRole('table').waitFor({ timeout: MINUTE })
    found.push(...(await faultsAtEverySize(page, 'details')))
    await page.keyboard.press('Escape')
    await shareLink(page, scripts[0] ?? '')
    found.push(...(await faultsAtEverySize(page, 'share')))
    link = await page.getByRole('textbox', { name: 'Share link' }).inputValue()
    await page.keyboard.press('Escape')
    const reader = await owner.openTab(link)
    await reader.getByRole('heading', { name: scripts[0] ?? '' }).waitFor({ timeout: MINUTE })
    found.push(...(await faultsAtEverySize(reader, 'link')))
    await reader.close()
    for (const screen of ['Give', 'People', 'You'] as const) {
      await page.getByRole('link', { name: screen, exact: true }).click()
      await page.getByRole('heading', { level: 1, name: screen }).waitFor({ timeout: MINUTE })
      await page.locator('.card').first().waitFor({ timeout: MINUTE })
      found.push(...(await faultsAtEverySize(page, screen)))
    }
    expect(found).toEqual([])
    await page.getByRole('link', { name: 'Files', exact: true }).click()
  },
  8 * MINUTE,
)

test(
  'five files fit a phone, and each says its name, its size and its status',
  async () => {
    const { page } = owner
    await page.setViewportSize({ width: 360, height: 640 })
    await page.getByLabel('Find a file').fill('Holiday')
    await rowOf(page, long).waitFor({ state: 'detached', timeout: MINUTE })
    await page.evaluate(() => window.scrollTo(0, 0))
    const whole = await page.evaluate(() => {
      const floor = Math.min(...['.nav', '.tray'].flatMap((name) => document.querySelector(name)?.getBoundingClientRect().top ?? []))
      return [...document.querySelectorAll('[role=row]')].filter((row) => row.getBoundingClientRect().bottom <= floor + 1).length
    })
    expect(whole).toBeGreaterThanOrEqual(5)
    await page.getByLabel('Find a file').fill('')
    await page.setViewportSize({ width: 1280, height: 900 })
  },
  2 * MINUTE,
)

test(
  'Back and Escape close what is open above the page, and the app stays',
  async () => {
    const { page } = owner
    await page.setViewportSize({ width: 360, height: 640 })
    const before = page.url()
    const name = names.at(-1) ?? ''
    await rowOf(page, name).click()
    await page.getByRole('dialog').waitFor({ timeout: MINUTE })
    await page
      .getByRole('dialog')
      .getByRole('button', { name: `Share ${name}`, exact: true })
      .click()
    await page.getByRole('dialog', { name: `Share ${name}` }).waitFor({ timeout: MINUTE })
    await page.goBack()
    await page.getByRole('dialog', { name: `Share ${name}` }).waitFor({ state: 'detached', timeout: MINUTE })
    expect(await page.getByRole('dialog').count()).toBe(1)
    await page.goBack()
    await page.getByRole('dialog').waitFor({ state: 'detached', timeout: MINUTE })
    expect(page.url()).toBe(before)
    await rowOf(page, name).waitFor({ timeout: MINUTE })

    // A dialog that is closed in another way leaves no dead step in the history.
    const entry = () => page.evaluate(() => JSON.stringify(history.state))
    const first = await entry()
    await rowOf(page, name).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ timeout: MINUTE })
    expect(await entry()).not.toBe(first)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached', timeout: MINUTE })
    await page.waitForFunction((state) => JSON.stringify(history.state) === state, first, { timeout: MINUTE })
    await page.setViewportSize({ width: 1280, height: 900 })
  },
  3 * MINUTE,
)

test(
  'a deletion moves the focus to the next row, and is undone for as long as its notice stands',
  async () => {
    const { page } = owner
    const [gone = '', next = '', afterNext = ''] = names.slice(-4)
    await rowOf(page, gone).focus()
    await page.keyboard.press('Delete')
    await rowOf(page, gone).waitFor({ state: 'detached', timeout: MINUTE })
    expect(await focusedName(page)).toBe(next)
    await page.getByRole('button', { name: 'Undo' }).click()
    await rowOf(page, gone).waitFor({ timeout: MINUTE })

    await page.getByRole('button', { name: `Details of ${next}`, exact: true }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: `Delete ${next}`, exact: true })
      .click()
    await rowOf(page, next).waitFor({ state: 'detached', timeout: MINUTE })
    expect(await focusedName(page)).toBe(afterNext)
    await page.getByRole('button', { name: `Close: ${next} is in the trash` }).click()
    await page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached', timeout: MINUTE })
  },
  3 * MINUTE,
)

test(
  'a store that was cancelled comes back and goes on when that is undone',
  async () => {
    const { page } = owner
    const file = await scene.randomFile('cancelled.bin', 30_000_000)
    await page.getByLabel('Add files', { exact: true }).first().setInputFiles(file.path)
    await page.getByRole('button', { name: `Cancel storing ${file.name}` }).click({ timeout: MINUTE })
    await rowOf(page, file.name).waitFor({ state: 'detached', timeout: MINUTE })
    await page.getByRole('button', { name: 'Undo' }).click()
    await waitForStatus(rowOf(page, file.name), ['Fragile'])
  },
  5 * MINUTE,
)

test(
  'files that are here already, unchanged, are skipped with a word, and the others of the drop go in',
  async () => {
    const { page } = owner
    const twice = names.slice(4, 6).map((name) => join(scene.folder, name))
    const fresh = await scene.randomFile('fresh.bin', 500)
    const count = await rowCount(page)
    await page
      .getByLabel('Add files', { exact: true })
      .first()
      .setInputFiles([...twice, fresh.path])
    await page.getByText('2 files skipped').waitFor({ timeout: MINUTE })
    await rowOf(page, fresh.name).waitFor({ timeout: MINUTE })
    expect(await rowCount(page)).toBe(count + 1)
  },
  3 * MINUTE,
)

test(
  'of a long list only what is in sight is drawn, and keys and search reach every row of it',
  async () => {
    const { page } = owner
    const more = Array.from({ length: MANY }, (_, at) => `many ${String(at).padStart(4, '0')}.txt`)
    const count = await rowCount(page)
    await addAll(page, more)
    await page.waitForFunction(
      (all) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(all),
      count + MANY,
      {
        timeout: MINUTE,
      },
    )
    expect(await page.getByRole('row').count()).toBeLessThan(80)
    await page.evaluate(() => window.scrollTo(0, 0))
    await rowOf(page, more[0] ?? '').focus()
    await page.keyboard.press('End')
    await page.waitForFunction((last) => document.activeElement?.getAttribute('aria-rowindex') === String(last), count + MANY, {
      timeout: MINUTE,
    })
    expect(await isInSight(page)).toBe(true)
    await page.keyboard.press('ArrowUp')
    await page.waitForFunction((place) => document.activeElement?.getAttribute('aria-rowindex') === String(place), count + MANY - 1)
    await page.keyboard.press('Home')
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-rowindex') === '1', undefined, { timeout: MINUTE })
    expect(await isInSight(page)).toBe(true)
    // The row that Tab reaches stays, however far the list is scrolled.
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight / 2))
    await page.waitForFunction(() => document.querySelectorAll('[role=row]').length > 0)
    expect(await focusedName(page)).toBe(
      await page.evaluate(() => document.querySelector('[aria-rowindex="1"]')?.getAttribute('aria-label')),
    )

    await page.getByLabel('Find a file').fill('many 0321')
    await rowOf(page, 'many 0321.txt').waitFor({ timeout: MINUTE })
    expect(await page.getByRole('row').count()).toBe(1)
    await page.getByLabel('Find a file').fill('')
  },
  4 * MINUTE,
)

test(
  'the outline of the page stands before any script has run, and nothing in it moves afterwards',
  async () => {
    const { page } = await scene.browser('first visit', 'about:blank')
    const frame = ['.brand .mark', '.nav', '.nav > :nth-child(4) .icon']
    const card = ['.brand .mark', '.parcel', '.parcel h1', '.deed .button', '.note']
    const pages = [
      [`${swarm.url}/files/`, frame, 1280, 900],
      [`${swarm.url}/files/`, frame, 940, 800],
      [`${swarm.url}/files/`, frame, 360, 640],
      [link, card, 1280, 900],
      [link, card, 360, 640],
    ] as const
    for (const [url, what, width, height] of pages) {
      await page.setViewportSize({ width, height })
      await page.goto('about:blank')
      await page.route(/\.js$/, (route) => route.abort())
      await page.goto(url)
      const before = await placesOf(page, what)
      expect(before.every((each) => each.width > 0)).toBe(true)
      expect(await page.getByRole('status').count()).toBe(0)
      await page.unroute(/\.js$/)
      await page.goto('about:blank')
      await page.goto(url, { waitUntil: 'commit' })
      // This is the first frame with the page itself: its later findings may need more room.
      await page.waitForFunction(() => document.querySelector('[role=status]') !== null, undefined, { timeout: MINUTE, polling: 'raf' })
      expect(await placesOf(page, what)).toEqual(before)
      await page.evaluate(async () => {
        for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister()
      })
    }
  },
  2 * MINUTE,
)

/** Returns the places of all elements in `what`, once they are there. */
async function placesOf(page: Page, what: readonly string[]) {
  for (const name of what) await page.locator(name).first().waitFor({ state: 'attached', timeout: MINUTE })
  return page.evaluate(
    (all) =>
      all.map((name) => {
        const { x, y, width, height } = document.querySelector(name)?.getBoundingClientRect() ?? new DOMRect()
        return { name, x, y, width, height }
      }),
    what,
  )
}

/** Makes small files of these names and adds them to the page together. */
async function addAll(page: Page, all: readonly string[]): Promise<void> {
  const paths = all.map((name) => join(scene.folder, name))
  for (const [at, path] of paths.entries()) await writeFile(path, `${at} ${'x'.repeat(200)}`)
  await page.getByLabel('Add files', { exact: true }).first().setInputFiles(paths)
}

async function rowCount(page: Page): Promise<number> {
  return Number(await page.getByRole('grid', { name: 'Files' }).getAttribute('aria-rowcount'))
}

const focusedName = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')

function isInSight(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const box = document.activeElement?.getBoundingClientRect()
    return box !== undefined && box.top >= 0 && box.bottom <= window.innerHeight
  })
}
