import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addFile, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import { openScene, type Scene } from './scene.ts'
import { scanFor } from './secrets.ts'

const PEOPLE = 6
const NAME = 'linked.bin'
let scene: Scene
let page = ''
let key = ''

beforeAll(async () => {
  scene = await openScene()
  const swarm = await scene.swarm({ peers: PEOPLE })
  const owner = await scene.browser('owner', `${swarm.url}/files/`)
  await waitForPeople(owner.page, PEOPLE)
  const file = await scene.randomFile(NAME, 3000)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, PEOPLE)
  await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
  ;[page = '', key = ''] = (await shareLink(owner.page, file.name)).split('#')
  await owner.close()
}, 8 * MINUTE)
afterAll(() => scene.close())

test(
  'a link opens in every form that programs on the way give it, and its key leaves the address bar',
  async () => {
    const reader = await scene.browser('forms', 'about:blank')
    const forms = [
      `${page}#${key}`,
      `${page}%23${key}`,
      `${page}%2523${key}.`,
      `${page}?utm_source=mail&fbclid=x#${key}`,
      `${page}#${key}?utm_source=mail`,
      `${page.replace('/s/', '/s')}#${key}&amp;x=1`,
      `${page}#${key.slice(0, 50)}%0A>%20${key.slice(50)}`,
      `${page.replace('/s/', '/s')}%23${key})`,
    ]
    for (const form of forms) {
      await reader.page.goto('about:blank')
      await reader.page.goto(form)
      await opened(reader.page)
      expect([form, new URL(reader.page.url()).pathname, reader.page.url().includes('#')]).toEqual([form, '/s/', false])
      expect(await reader.page.getByText(/may have seen it/).count()).toBe(form.includes(`23${key}`) ? 1 : 0)
    }
    await reader.close()
  },
  5 * MINUTE,
)

test(
  'the page of a link survives a reload and ends with its tab; a link pasted anywhere opens',
  async () => {
    const reader = await scene.browser('reloads', `${page}%23${key}`)
    await opened(reader.page)
    await reader.page.reload()
    await opened(reader.page)
    // The page still says so: the host has seen the key once.
    await reader.page.getByText(/may have seen it/).waitFor({ timeout: MINUTE })
    expect(new URL(reader.page.url()).href).toBe(page)

    const other = await reader.page.context().newPage()
    await other.goto(page)
    await other.getByText('Open the link again').waitFor({ timeout: MINUTE })
    const box = other.getByRole('textbox', { name: 'The whole link' })
    await box.fill(`${page}#${key.slice(0, 40)}`)
    await other.getByRole('button', { name: 'Open', exact: true }).click()
    await other.getByRole('alert').getByText('This link is not complete').waitFor({ timeout: MINUTE })
    await paste(other, `Hello,\n> here it is: ${page}%23${key.slice(0, 60)}\n> ${key.slice(60)}.\nBest wishes`)
    await opened(other)

    await other.goto(new URL('/files/', page).href)
    await other.getByRole('region', { name: 'Drop files here' }).waitFor({ timeout: MINUTE })
    await paste(other, `<${page}#${key}>`)
    await opened(other)
    await reader.close()
  },
  5 * MINUTE,
)

test(
  'no cache and no lasting storage of the browser has a key that came within the path',
  async () => {
    const reader = await scene.browser('cached', `${page}%23${key}`)
    await opened(reader.page)
    // Once more under the service worker, which keeps the app's files.
    await reader.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await reader.page.goto('about:blank')
    await reader.page.goto(`${page}%23${key}`)
    await opened(reader.page)
    await reader.close()
    for (const place of ['Cache', 'Code Cache', 'Service Worker', 'IndexedDB', 'Local Storage', 'File System']) {
      const secrets = [{ what: 'link', bytes: Buffer.from(key) }]
      const { finds, files } = await scanFor(join(reader.profileFolder, 'Default', place), secrets).catch(() => ({ finds: [], files: 0 }))
      expect([place, finds]).toEqual([place, []])
      if (place === 'Service Worker') expect(files).toBeGreaterThan(0)
    }
  },
  3 * MINUTE,
)

async function opened(reader: Page): Promise<void> {
  await reader.getByRole('heading', { name: NAME, exact: true }).waitFor({ timeout: 2 * MINUTE })
}

/** Pastes a text into the page as a person does. */
async function paste(reader: Page, text: string): Promise<void> {
  await reader.evaluate((pasted) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', pasted)
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
}
