import { spawn } from 'node:child_process'
import { addFile, MINUTE, shareLink, waitForMeter, waitForPeople } from '../app.ts'
import type { Browser } from '../browser.ts'
import { sha256Of, type Scene } from '../scene.ts'
import { HOLDERS, lineRows, type LineRow } from './line-rows.ts'
import { openLineTrials } from './line-trial.ts'
import { startRivalServer } from './rival-pages.ts'

/** A place where we fetch a file from holders, and a rival's page fetches one from another page. */
export interface RivalPlace {
  /** Address of the rivals' pages, without a name and a query. */
  readonly pagesUrl: string
  /** Query of the pages' addresses: the STUN server of the place. */
  readonly query: string
  readonly tracker: string
  readonly relay: string
  /**
   * Fetches a file of random bytes from 8 holders with a new browser; returns the milliseconds from the press on Download until the browser
   * has the whole file.
   * @throws errors of the page; Error when the transfer takes longer than `mostMs`, or when what came is not what was stored
   */
  fetchOurs(mebibytes: number, mostMs: number): Promise<number>
  /** Opens a new browser for a rival, on the giver's or the taker's side. */
  browser(who: 'giver' | 'taker', profile: string, url: string): Promise<Browser>
  close(): Promise<void>
}

const MIB = 1024 * 1024
/** The line of the place: that of the reader gets 20 Mbit/s, a round trip takes 50 ms, each of the holders sends 10 Mbit/s. */
const row = lineRows['fetch-20'] as LineRow
/** The rivals' giver is one page: it has the lines of all holders together, so that the taker's line is the limit for everybody. */
const giver = { ...row.holders, up: HOLDERS * row.holders.up, down: HOLDERS * row.holders.down }

/** The choice of lines in words. */
export const lineWords =
  `reader ${row.own.down} Mbit/s down, round trip ${2 * ((row.own.delayMs ?? 0) + (row.holders.delayMs ?? 0))} ms; ` +
  `${HOLDERS} holders with ${row.holders.up} up each, one giver with ${giver.up}`

/** Opens the loopback of this machine, with a swarm on it. `pages` is the folder of the built pages of the rivals. */
export async function openLoopback(scene: Scene, pages: string): Promise<RivalPlace> {
  const swarm = await scene.swarm({ peers: HOLDERS })
  const server = await startRivalServer(pages, '127.0.0.1', spawn)
  const shared = new Map<number, { readonly link: string; readonly name: string; readonly sha256: string }>()
  let count = 0

  async function share(mebibytes: number) {
    const before = shared.get(mebibytes)
    if (before !== undefined) return before
    const file = await scene.randomFile(`shared-${mebibytes}.bin`, mebibytes * MIB)
    const owner = await scene.browser(`owner-${count++}`, swarm.url)
    try {
      await waitForPeople(owner.page, HOLDERS)
      await addFile(owner.page, file)
      await waitForMeter(owner.page, file.name, HOLDERS, 10 * MINUTE)
      const made = { link: await shareLink(owner.page, file.name), name: file.name, sha256: file.sha256 }
      shared.set(mebibytes, made)
      return made
    } finally {
      await owner.close()
    }
  }

  return {
    pagesUrl: server.url,
    query: '',
    tracker: server.tracker,
    relay: swarm.relay,
    async fetchOurs(mebibytes, mostMs) {
      const { link, name, sha256 } = await share(mebibytes)
      const { page, close } = await scene.browser(`ours-${count++}`, link)
      try {
        await page.getByRole('meter').waitFor({ timeout: MINUTE })
        await waitForMeter(page, name, HOLDERS)
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
        const button = page.getByRole('button', { name: 'Download', exact: true })
        const began = performance.now()
        const [download] = await Promise.all([page.waitForEvent('download', { timeout: mostMs }), button.click()])
        const path = await download.path()
        const ms = performance.now() - began
        if ((await sha256Of(path)) !== sha256) throw new Error('what was fetched is not what was stored')
        return ms
      } finally {
        await close()
      }
    },
    browser: (_who, profile, url) => scene.browser(profile, url),
    async close() {
      await server.close()
      await swarm.stop()
    },
  }
}

/** Opens people behind lines: the reader's page, or the rivals' taker, is behind one of 20 Mbit/s. */
export async function openLine(scene: Scene, pages: string): Promise<RivalPlace> {
  const trials = await openLineTrials(scene, 'rivals-line')
  const { box, relay, stun } = trials.people
  try {
    const host = box.addressOf('hub')
    const server = await startRivalServer(pages, host, (command, args, options) => box.run('hub', command, args, options))
    return {
      pagesUrl: server.url,
      query: `?stun=${encodeURIComponent(stun)}`,
      tracker: server.tracker,
      relay,
      fetchOurs: async (mebibytes, mostMs) => (await trials.run(row, mebibytes, mostMs)).seconds * 1000,
      async browser(who, profile, url) {
        await box.tune({ owner: giver, reader: row.own })
        return trials.people.browser(who === 'giver' ? 'owner' : 'reader', profile, url)
      },
      async close() {
        await server.close()
        await trials.close()
      },
    }
  } catch (error) {
    await trials.close()
    throw error
  }
}
