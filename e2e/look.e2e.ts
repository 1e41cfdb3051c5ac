import axe from 'axe-core'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addFile, downloadFromLink, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import type { Browser } from './browser.ts'
import type { CommonSwarm } from './common-swarm.ts'
import { arrowTo, focusedName, tabTo } from './keys.ts'
import { openScene, sha256Of, type Scene, type TestFile } from './scene.ts'

const PEOPLE = 6
let scene: Scene
let swarm: CommonSwarm
let owner: Browser
let file: TestFile
let link: string

beforeAll(async () => {
  scene = await openScene()
  swarm = await scene.commonSwarm()
  file = await scene.randomFile('a rather long name of a file that has to fit into a small row.bin', 1000)
  owner = await scene.browser('owner', `${swarm.url}/files/`)
})
afterAll(() => scene.close())

test(
  'before the first file, everything can be told apart, read and reached at every width and in both themes',
  async () => {
    await waitForPeople(owner.page, PEOPLE)
    await inspect(owner.page, 'Files, empty')
  },
  3 * MINUTE,
)

test(
  'a file goes in, is looked at, shared and fetched by keyboard alone',
  async () => {
    const { page } = owner
    await page.reload()
    const choosing = page.waitForEvent('filechooser', { timeout: 2 * MINUTE })
    await tabTo(page, 'Add files')
    await page.keyboard.press('Enter')
    await (await choosing).setFiles(file.path)
    await waitForMeter(page, file.name, PEOPLE)
    await waitForStatus(rowOf(page, file.name), ['Fragile'])

    await tabTo(page, file.name)
    await page.keyboard.press('Enter')
    await page.getByRole('table', { name: `Who keeps ${file.name}` }).waitFor({ timeout: MINUTE })
    await page.keyboard.press('Escape')
    expect(await focusedName(page)).toBe(file.name)
    await arrowTo(page, `Share ${file.name}`)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Stop sharing' }).waitFor({ timeout: MINUTE })
    link = await page.getByRole('textbox', { name: 'Share link' }).inputValue()
    await tabTo(page, 'Copy link')
    await page.keyboard.press('Enter')
    await page.getByText('Copied. Send it').waitFor({ timeout: MINUTE })
    await page.keyboard.press('Escape')
    expect(await focusedName(page)).toBe(`Share ${file.name}`)
    await tabTo(page, 'Give')
    await page.keyboard.press('Enter')
    await tabTo(page, 'Keep pieces for others')
    await page.keyboard.press('Space')
    await tabTo(page, 'Space offered')
    await page.keyboard.press('ArrowRight')

    const reader = await scene.browser('reader', link)
    await tabTo(reader.page, 'Download')
    const arriving = reader.page.waitForEvent('download', { timeout: 2 * MINUTE })
    await reader.page.keyboard.press('Enter')
    const path = `${scene.folder}/by-keyboard`
    await (await arriving).saveAs(path)
    expect(await sha256Of(path)).toBe(file.sha256)
    await inspect(reader.page, 'link')
    await reader.page.goto('about:blank')
    await reader.page.goto(`${swarm.url}/s/#AQcut`)
    await reader.page.getByRole('alert').waitFor({ timeout: MINUTE })
    await inspect(reader.page, 'link that is cut')
    await reader.close()
  },
  5 * MINUTE,
)

test(
  'with files, everything can be told apart, read and reached at every width and in both themes',
  async () => {
    const { page } = owner
    const waiting = await scene.randomFile('waiting.bin', 2000)
    await page.goto(`${swarm.url}/files/`)
    await rowOf(page, file.name).waitFor({ timeout: MINUTE })
    await addFile(page, waiting)
    await inspect(page, 'Files, with rows')

    await page.getByRole('button', { name: `Details of ${file.name}`, exact: true }).click()
    await page.getByRole('table', { name: `Who keeps ${file.name}` }).waitFor({ timeout: MINUTE })
    await inspect(page, 'details')
    await page.keyboard.press('Escape')
    await shareLink(page, file.name)
    await inspect(page, 'share')
    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: 'New folder' }).click()
    const naming = page.getByRole('dialog', { name: 'New folder' })
    const trip = 'A folder with a name that is longer than a phone is wide'
    await naming.getByRole('textbox', { name: 'Name' }).fill(trip)
    await inspect(page, 'a new folder')
    await page.keyboard.press('Enter')
    await rowOf(page, trip).waitFor({ timeout: MINUTE })
    await rowOf(page, waiting.name).focus()
    await page.keyboard.press('Control+a')
    await page.getByRole('toolbar', { name: '3 selected' }).waitFor({ timeout: MINUTE })
    await inspect(page, 'a selection')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: `Move ${waiting.name}`, exact: true }).click()
    await page.getByRole('tree', { name: 'Folders' }).waitFor({ timeout: MINUTE })
    await inspect(page, 'move to')
    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: `Delete ${waiting.name}`, exact: true }).click()
    await page.getByRole('button', { name: 'Undo' }).waitFor({ timeout: MINUTE })
    await inspect(page, 'a notice')
    await page.getByRole('link', { name: 'Trash', exact: true }).click()
    await page.getByRole('button', { name: `Restore ${waiting.name}`, exact: true }).waitFor({ timeout: MINUTE })
    await inspect(page, 'the trash')
    await page.getByRole('button', { name: 'Empty trash' }).click()
    await page.getByRole('dialog').waitFor({ timeout: MINUTE })
    await inspect(page, 'a question before the trash is emptied')
    await page.keyboard.press('Escape')

    for (const screen of ['Give', 'People', 'You'] as const) {
      await page.getByRole('link', { name: screen, exact: true }).first().click()
      await page.getByRole('heading', { level: 1, name: screen }).waitFor({ timeout: MINUTE })
      if (screen === 'People') {
        await page.getByRole('textbox', { name: 'Relay address' }).fill('nowhere')
        await page.getByRole('button', { name: 'Add relay' }).click()
        await page.getByRole('alert').waitFor({ timeout: MINUTE })
        await page.getByText('When two people cannot connect').click()
      }
      if (screen === 'You') await page.getByRole('button', { name: 'Show recovery words' }).click()
      await inspect(page, screen)
    }
    await page.getByRole('button', { name: 'Forget this device' }).click()
    await page.getByRole('dialog').waitFor({ timeout: MINUTE })
    await inspect(page, 'forget this device')
    await page.keyboard.press('Escape')
  },
  5 * MINUTE,
)

test(
  'after the app’s host is gone a reload still paints the page, with its files and its relays',
  async () => {
    const server = await scene.server(swarm.networkFile)
    const visitor = await scene.browser('visitor', `${server.url}/files/`)
    const { page } = visitor
    await waitForPeople(page, PEOPLE)
    await addFile(page, file)
    await waitForStatus(rowOf(page, file.name), ['Fragile'])
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready
    })
    await server.stop()

    await page.reload()
    await rowOf(page, file.name).waitFor({ timeout: MINUTE })
    await waitForPeople(page, PEOPLE)
    for (const screen of ['Give', 'People', 'You'] as const) {
      await page.getByRole('link', { name: screen, exact: true }).first().click()
      await page.getByRole('heading', { level: 1, name: screen }).waitFor({ timeout: MINUTE })
    }
    await page.goto(`${server.url}/s/#${new URL(link).hash.slice(1)}`)
    expect(await downloadFromLink(page, scene.folder)).toBe(file.sha256)
    await visitor.close()
  },
  5 * MINUTE,
)

/** Checks a page as people with other eyes and other screens see it; restores its size and theme. */
async function inspect(page: Page, what: string): Promise<void> {
  const found: string[] = []
  for (const [width, height] of [
    [1280, 900],
    [360, 740],
  ] as const) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const where = `${what}, ${width} px, ${colorScheme}`
      const violations = await violationsOf(page)
      found.push(...violations.map((violation) => `${where}: ${violation}`))
      const { scrolls, widest } = await page.evaluate(overflow)
      if (scrolls > width) found.push(`${where}: ${scrolls} px wide, by ${widest}`)
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  expect(found).toEqual([])
}

async function violationsOf(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: checker } = window as unknown as { readonly axe: typeof axe }
    const { violations } = await checker.run(document, { resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
    )
  })
}

function overflow() {
  const scrolls = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)
  const wide = [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > window.innerWidth + 1)
  return {
    scrolls,
    widest: wide
      .map((each) => {
        const { left, right } = each.getBoundingClientRect()
        const names = [each.parentElement?.parentElement, each.parentElement, each].map((one) => one?.getAttribute('class') ?? one?.tagName)
        return `${names.join(' > ')} ${Math.round(left)}..${Math.round(right)}`
      })
      .slice(-3)
      .join(' '),
  }
}
