import { rm } from 'node:fs/promises'
import { chromium, type BrowserContext, type Page } from 'playwright'
import { chromiumFlags, findChromium } from '../setup/chromium.mjs'
import { killProcess } from './swarm.ts'

/** A browser process of its own, with one profile. */
export interface Browser {
  readonly page: Page
  readonly context: BrowserContext
  readonly profileFolder: string
  /** Process id of the browser itself. */
  readonly pid: number
  /** Things that no page may do: errors nobody caught, violations of the policy, requests to other origins. */
  readonly complaints: string[]
  /** Opens a further tab of the same profile. */
  openTab(url: string): Promise<Page>
  close(): Promise<void>
  /** Ends the browser process as a power cut would. */
  kill(): Promise<void>
}

const flags = [...chromiumFlags, '--disable-dev-shm-usage']

/** A place in which a browser runs, other than beside its test. */
export interface Elsewhere {
  /** Program that starts the browser; it takes the arguments of a Chromium. */
  readonly program: string
  /** Host that its pages may send requests to. */
  readonly host: string
  /** Origin without TLS that the browser treats as secure. */
  readonly origin: string
  /** Runs before any page is loaded. */
  readonly prepare: (context: BrowserContext) => Promise<void>
}

/** Opens `url` in a browser process that keeps its profile in `profileFolder`; `prepare` runs before any page is loaded. */
export async function openBrowser(
  profileFolder: string,
  url: string,
  prepare: (context: BrowserContext) => Promise<void> = async () => undefined,
  elsewhere?: Elsewhere,
): Promise<Browser> {
  const executablePath = elsewhere?.program ?? (await findChromium())
  const args = elsewhere === undefined ? flags : [...flags, `--unsafely-treat-insecure-origin-as-secure=${elsewhere.origin}`]
  const context = await chromium.launchPersistentContext(profileFolder, {
    headless: true,
    acceptDownloads: true,
    viewport: { width: 1280, height: 900 },
    args: process.getuid?.() === 0 ? [...args, '--no-sandbox'] : args,
    ...(executablePath !== undefined && { executablePath }),
  })
  const complaints: string[] = []
  const open = async () => {
    watch(context, complaints, elsewhere?.host)
    await prepare(context)
    await elsewhere?.prepare(context)
    const page = context.pages()[0] ?? (await context.newPage())
    await page.goto(url)
    return { page, pid: await pidOf(context, page) }
  }
  const { page, pid } = await open().catch(async (error: unknown) => {
    await context.close()
    throw error
  })
  let isOpen = true
  context.once('close', () => (isOpen = false))
  return {
    page,
    context,
    profileFolder,
    pid,
    complaints,
    async openTab(address) {
      const tab = await context.newPage()
      await tab.goto(address)
      return tab
    },
    async close() {
      if (isOpen) await context.close()
    },
    async kill() {
      const closed = new Promise((resolve) => context.once('close', resolve))
      await killProcess(pid)
      await closed
    },
  }
}

/** Removes the profile of a browser that was ended: its other processes may write into it for a moment longer. */
export function removeProfile({ profileFolder }: Pick<Browser, 'profileFolder'>): Promise<void> {
  return rm(profileFolder, { recursive: true, maxRetries: 10 })
}

/** Returns the process id of the browser itself, which Playwright does not expose. */
async function pidOf(context: BrowserContext, page: Page): Promise<number> {
  const browser = context.browser()
  const session = browser === null ? await context.newCDPSession(page) : await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const main = processInfo.find(({ type }) => type === 'browser')
  if (main === undefined) throw new Error('the browser does not say which process it is')
  return main.id
}

function watch(context: BrowserContext, complaints: string[], host = ''): void {
  const hosts = ['localhost', '127.0.0.1', host]
  const isOurs = (url: string) =>
    /^(data|blob|about|chrome-error):/.test(url) || (/^(https?|wss?):/.test(url) && hosts.includes(new URL(url).hostname))
  context.on('request', (request) => {
    if (!isOurs(request.url())) complaints.push(`request to ${request.url()}`)
  })
  context.on('weberror', (error) => complaints.push(`uncaught ${error.error().stack ?? error.error().message}`))
  context.on('console', (message) => {
    if (/Content Security Policy|Trusted(Script|HTML| ?Type)/.test(message.text())) complaints.push(message.text())
  })
  const watchPage = (page: Page) =>
    page.on('websocket', (socket) => {
      if (!isOurs(socket.url())) complaints.push(`socket to ${socket.url()}`)
    })
  context.pages().forEach(watchPage)
  context.on('page', watchPage)
}
