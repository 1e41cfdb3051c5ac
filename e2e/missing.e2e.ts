import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addFile, downloadFromLink, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople } from './app.ts'
import type { Browser } from './browser.ts'
import { openScene, type Scene, type TestFile } from './scene.ts'
import { scopeOf, type Need } from '../src/core/needs.ts'

const PEOPLE = 6
let scene: Scene
let browser: Browser
let files = ''
let link = ''
let file: TestFile

beforeAll(async () => {
  scene = await openScene()
  const swarm = await scene.commonSwarm()
  files = `${swarm.url}/files/`
  browser = await scene.browser('owner', files)
  await waitForPeople(browser.page, PEOPLE)
  file = await scene.randomFile('given.bin', 3_000_000)
  await addFile(browser.page, file)
  await waitForMeter(browser.page, file.name, PEOPLE)
  link = await shareLink(browser.page, file.name)
  await browser.page.goto('about:blank')
}, 8 * MINUTE)
afterAll(() => scene.close())

interface Lack {
  readonly need: Need
  /** The property of this browser. */
  readonly how: string
  /** The page's words about the missing need. */
  readonly says: RegExp
  /** Runs in the page before any code of the app. */
  readonly take: () => void
}

const refuse = 'throws'
const lacks: readonly Lack[] = [
  {
    need: 'secure-context',
    how: 'has none',
    says: /does not use https/,
    take: () => Object.defineProperty(window, 'isSecureContext', { value: false }),
  },
  {
    need: 'crypto',
    how: 'is not there',
    says: /let the page encrypt/,
    take: () => Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined }),
  },
  {
    need: 'crypto',
    how: refuse,
    says: /let the page encrypt/,
    take: () => (SubtleCrypto.prototype.digest = () => Promise.reject(new DOMException('no', 'OperationError'))),
  },
  {
    need: 'workers',
    how: 'is not there',
    says: /work in the background/,
    take: () => Reflect.deleteProperty(window, 'Worker'),
  },
  {
    need: 'workers',
    how: refuse,
    says: /work in the background/,
    take: () =>
      Object.defineProperty(window, 'Worker', {
        value: function refused() {
          throw new DOMException('no', 'SecurityError')
        },
      }),
  },
  {
    need: 'webrtc',
    how: 'is not there',
    says: /connect to other people/,
    take: () => Reflect.deleteProperty(window, 'RTCPeerConnection'),
  },
  {
    need: 'webrtc',
    how: refuse,
    says: /connect to other people/,
    take: () =>
      (RTCPeerConnection.prototype.createDataChannel = () => {
        throw new DOMException('no', 'NotAllowedError')
      }),
  },
  {
    need: 'storage',
    how: 'is not there',
    says: /store anything/,
    take: () => Object.defineProperty(Navigator.prototype, 'storage', { value: undefined }),
  },
  {
    need: 'storage',
    how: refuse,
    says: /store anything/,
    take: () => (StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'))),
  },
  {
    need: 'database',
    how: refuse,
    says: /keep a database/,
    take: () =>
      (IDBFactory.prototype.open = () => {
        throw new DOMException('no', 'SecurityError')
      }),
  },
  {
    need: 'database',
    how: 'never answers',
    says: /keep a database/,
    take: () => (IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest),
  },
  {
    need: 'locks',
    how: 'is not there',
    says: /keep two tabs of one page apart/,
    take: () => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }),
  },
  {
    need: 'locks',
    how: refuse,
    says: /keep two tabs of one page apart/,
    take: () => (LockManager.prototype.request = () => Promise.reject(new DOMException('no', 'SecurityError'))),
  },
  {
    need: 'tab-channel',
    how: 'is not there',
    says: /talk to each other/,
    take: () => Reflect.deleteProperty(window, 'BroadcastChannel'),
  },
  {
    need: 'service-worker',
    how: 'is not there',
    says: /save large files/,
    take: () => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'),
  },
  {
    need: 'service-worker',
    how: refuse,
    says: /save large files/,
    take: () => {
      const no = () => Promise.reject(new DOMException('no', 'SecurityError'))
      Object.assign(ServiceWorkerContainer.prototype, { register: no, getRegistration: no })
    },
  },
]

async function openWithout({ take }: Lack, url: string): Promise<Page> {
  const page = await browser.context.newPage()
  await page.addInitScript(take)
  await page.goto(url)
  return page
}

test.each(lacks)(
  'a browser whose $need $how says so, stores nothing that it cannot, and still reads a link where it can',
  async (lack) => {
    const scope = scopeOf([lack.need])
    const page = await openWithout(lack, files)
    const said = page.locator('.trouble, .toast').filter({ hasText: lack.says })
    await said.first().waitFor({ timeout: MINUTE })
    const own = await scene.randomFile(`own ${lack.need} ${lack.how}.bin`, 1000)
    if (scope === 'everything') {
      await waitForPeople(page, PEOPLE)
      await addFile(page, own)
      await waitForMeter(page, own.name, PEOPLE)
    } else {
      await page.getByLabel('Add files', { exact: true }).first().setInputFiles(own.path)
      await said.nth(1).waitFor({ timeout: MINUTE })
      await expect.poll(() => rowOf(page, own.name).count(), { timeout: MINUTE }).toBe(0)
    }
    await page.close()

    const reader = await openWithout(lack, link)
    await reader.getByRole('alert').filter({ hasText: lack.says }).waitFor({ timeout: MINUTE })
    if (scope === 'nothing') expect(await reader.getByRole('button', { name: 'Download', exact: true }).count()).toBe(0)
    else expect(await downloadFromLink(reader, scene.folder)).toBe(file.sha256)
    await reader.close()
  },
  4 * MINUTE,
)
