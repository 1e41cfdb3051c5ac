import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { launch, type Page } from 'puppeteer-core'
import { MINUTE } from './app.ts'
import { sha256Of } from './scene.ts'

/** A Firefox of its own, with one profile. */
export interface Firefox {
  readonly page: Page
  /** Errors that no page has caught. */
  readonly complaints: readonly string[]
  /** Opens a further tab. */
  openTab(url: string): Promise<Page>
  /** Returns the SHA-256 of the file that the browser has saved as `name`, once it is complete. */
  saved(name: string): Promise<string>
  close(): Promise<void>
}

/** Opens `url` in the Firefox at `executablePath`; its profile and its downloads lie below `folder`. */
export async function openFirefox(executablePath: string, folder: string, url: string): Promise<Firefox> {
  const downloads = join(folder, 'downloads')
  const profile = join(folder, 'profile')
  await Promise.all([mkdir(downloads, { recursive: true }), mkdir(profile, { recursive: true })])
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    userDataDir: profile,
    protocolTimeout: 10 * MINUTE,
    extraPrefsFirefox: {
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.download.useDownloadDir': true,
      'browser.download.alwaysOpenPanel': false,
      // Everybody is on this machine, so there may be no addresses but those of the loopback interface.
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
    },
  })
  const complaints: string[] = []
  const open = async (page: Page, address: string): Promise<Page> => {
    page.on('pageerror', (error) => complaints.push(error instanceof Error ? (error.stack ?? error.message) : String(error)))
    await page.goto(address)
    return page
  }
  const [first] = await browser.pages()
  return {
    page: await open(first ?? (await browser.newPage()), url),
    complaints,
    openTab: async (address) => open(await browser.newPage(), address),
    async saved(name) {
      for (;;) {
        const names = await readdir(downloads)
        if (names.includes(name) && !names.some((each) => each.endsWith('.part'))) return sha256Of(join(downloads, name))
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
    close: () => browser.close(),
  }
}
