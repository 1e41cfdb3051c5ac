import { MINUTE } from '../app.ts'
import type { Browser } from '../browser.ts'
import type { TestFile } from '../scene.ts'
import { firstLineOf, within } from './attempt.ts'
import type { RivalPlace } from './rival-places.ts'

/** The functions that a rival's page offers; the same for both. */
declare const rival: {
  give(meeting: string): Promise<unknown>
  meet(place: unknown): Promise<void>
  take(): Promise<number>
  taken(): number
  digest(): Promise<string>
}

/** One fetch of a file: the whole of it, or what had come when it failed. */
export interface Fetched {
  readonly bytes: number
  readonly ms: number
  /** First line of the error that ended it. */
  readonly failure?: string
}

/** Names of the rivals, which are those of their pages too. */
export type RivalName = 'webtorrent' | 'helia'

/** Bound of a fetch, and where it comes from in words. */
export interface Limit {
  readonly ms: number
  readonly words: string
}

/** Time to add the file, and again to find the other page: not part of what is measured, so that it is only bounded. */
const MEETING_MS = 2 * MINUTE
const CLOSING_MS = MINUTE / 2
const ASKING_MS = MINUTE / 12

/**
 * Fetches the file from one page to another, each in a browser of its own, and closes both whatever happens. Never throws: a fetch that
 * fails, or takes longer than `limit`, says what had come until then.
 */
export async function fetchByRival(place: RivalPlace, name: RivalName, file: TestFile, run: string, limit: Limit): Promise<Fetched> {
  const browsers: Browser[] = []
  const open = async (who: 'giver' | 'taker') => {
    const browser = await place.browser(who, `${name}-${who}-${run}`, `${place.pagesUrl}/${name}.html${place.query}`)
    browsers.push(browser)
    await browser.page.waitForFunction(() => 'rival' in globalThis)
    return browser.page
  }
  try {
    const [giver, taker] = [await open('giver'), await open('taker')]
    await giver.getByLabel('file').setInputFiles(file.path)
    const meeting = name === 'helia' ? place.relay : place.tracker
    const given = await within(
      MEETING_MS,
      giver.evaluate((where) => rival.give(where), meeting),
    )
    await within(
      MEETING_MS,
      taker.evaluate((where) => rival.meet(where), given),
    )
    const began = performance.now()
    try {
      const ms = await within(
        limit.ms,
        taker.evaluate(() => rival.take()),
        limit.words,
      )
      const digest = await within(
        MEETING_MS,
        taker.evaluate(() => rival.digest()),
      )
      if (digest !== file.sha256) return { bytes: 0, ms, failure: 'what came is not what was given' }
      return { bytes: file.size, ms }
    } catch (error) {
      const ms = performance.now() - began
      const asked = within(
        ASKING_MS,
        taker.evaluate(() => rival.taken()),
      )
      return { bytes: await asked.catch(() => 0), ms, failure: firstLineOf(error) }
    }
  } catch (error) {
    return { bytes: 0, ms: 0, failure: firstLineOf(error) }
  } finally {
    await Promise.all(browsers.map(closeRival))
  }
}

/** Closes a rival's browser. What its page threw is told by the figure: the scene complains of our own pages only. */
async function closeRival(browser: Browser): Promise<void> {
  await within(CLOSING_MS, browser.close()).catch(() => browser.kill())
  const others = browser.complaints.filter((each) => !each.startsWith('uncaught '))
  browser.complaints.splice(0, Infinity, ...others)
}
