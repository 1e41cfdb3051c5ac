import { join } from 'node:path'
import type { Page } from 'playwright'
import { addFile, MINUTE, shareLink, waitForMeter, waitForPeople } from '../app.ts'
import { sha256Of, type Scene, type TestFile } from '../scene.ts'
import type { Swarm } from '../swarm.ts'
import type { Figure } from './figure.ts'
import { installRivals, serveRivals, startTracker, versionOf } from './rival-pages.ts'

/** The functions that a rival's page offers; the same for both. */
declare const rival: {
  give(meeting: string): Promise<unknown>
  meet(place: unknown): Promise<void>
  take(): Promise<number>
  digest(): Promise<string>
}

const MIB = 1024 * 1024
const HOLDERS = 8
const ROUNDS = 3
const MOST_MIB = 128
const START = 'everybody connected, metadata known; last byte verified and kept'

/**
 * Fetches one file from 8 holders, and from page to page by WebTorrent and by Helia's bitswap, in turn; returns the best rate of each in
 * file bytes per second.
 */
export async function measureRivals(scene: Scene, mebibytes: number): Promise<readonly Figure[]> {
  await installRivals()
  const file = await scene.randomFile('rivals.bin', Math.min(mebibytes, MOST_MIB) * MIB)
  const swarm = await scene.swarm({ peers: HOLDERS })
  const link = await storeOurs(scene, swarm, file)
  const pages = await serveRivals(join(scene.folder, 'rivals'))
  const tracker = await startTracker()
  const took: Record<'ours' | 'webtorrent' | 'helia', number[]> = { ours: [], webtorrent: [], helia: [] }
  try {
    for (let round = 0; round < ROUNDS; round++) {
      took.ours.push(await fetchOurs(scene, link, file, round))
      took.webtorrent.push(await fetchRival(scene, `${pages.url}/webtorrent.html`, tracker.url, file, round))
      took.helia.push(await fetchRival(scene, `${pages.url}/helia.html`, swarm.relay, file, round))
    }
  } finally {
    await Promise.all([pages.close(), tracker.close()])
  }

  const rate = (ms: readonly number[]): number => file.size / 1e3 / Math.min(...ms)
  const all = (ms: readonly number[]): string => ms.map((each) => (file.size / 1e3 / each).toFixed(1)).join(' ')
  const versions = {
    webtorrent: await versionOf('webtorrent'),
    helia: `${await versionOf('helia')} with ${await versionOf('@helia/bitswap')}`,
  }
  const fastest = rate(took.webtorrent) > rate(took.helia) ? 'webtorrent' : 'helia'
  const ratio = rate(took.ours) / rate(took[fastest])
  const measured = { unit: 'MB/s', ratio: null, goal: 'measured', met: true }
  const size = `${file.size / MIB} MiB, best of ${ROUNDS}`
  return [
    {
      figure: `fetch from ${HOLDERS} holders`,
      value: rate(took.ours),
      unit: 'MB/s',
      reference: `${versions[fastest]}, ${rate(took[fastest]).toFixed(1)} MB/s; ${size} (${all(took.ours)}); ${START}`,
      ratio,
      goal: 'at least 1.0 x the faster rival',
      met: ratio >= 1,
    },
    {
      ...measured,
      figure: 'WebTorrent, page to page',
      value: rate(took.webtorrent),
      reference: `${versions.webtorrent}; ${size} (${all(took.webtorrent)})`,
    },
    { ...measured, figure: 'Helia, page to page', value: rate(took.helia), reference: `${versions.helia}; ${size} (${all(took.helia)})` },
  ]
}

async function storeOurs(scene: Scene, swarm: Swarm, file: TestFile): Promise<string> {
  const owner = await scene.browser('owner', swarm.url)
  await waitForPeople(owner.page, HOLDERS)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, HOLDERS, 10 * MINUTE)
  const link = await shareLink(owner.page, file.name)
  await owner.close()
  return link
}

/** Returns the milliseconds from the press on Download until the browser has the whole file. */
async function fetchOurs(scene: Scene, link: string, file: TestFile, round: number): Promise<number> {
  const { page, close } = await scene.browser(`ours-${round}`, link)
  await page.getByRole('meter').waitFor({ timeout: MINUTE })
  await waitForMeter(page, file.name, HOLDERS)
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const arriving = page.waitForEvent('download', { timeout: 10 * MINUTE })
  const button = page.getByRole('button', { name: 'Download', exact: true })
  const began = performance.now()
  await button.click()
  const path = await (await arriving).path()
  const ms = performance.now() - began
  checkSame(await sha256Of(path), file, 'ours')
  await close()
  return ms
}

/** Returns the milliseconds that a page took to fetch the file from another one, each in a browser of its own. */
async function fetchRival(scene: Scene, url: string, meeting: string, file: TestFile, round: number): Promise<number> {
  const name = url.slice(url.lastIndexOf('/') + 1)
  const giver = await scene.browser(`${name}-giver-${round}`, url)
  const taker = await scene.browser(`${name}-taker-${round}`, url)
  await Promise.all([giver.page, taker.page].map((page: Page) => page.waitForFunction(() => 'rival' in globalThis)))
  await giver.page.getByLabel('file').setInputFiles(file.path)
  const place = await giver.page.evaluate((where) => rival.give(where), meeting)
  await taker.page.evaluate((where) => rival.meet(where), place)
  const ms = await taker.page.evaluate(() => rival.take())
  checkSame(await taker.page.evaluate(() => rival.digest()), file, name)
  await Promise.all([giver.close(), taker.close()])
  return ms
}

function checkSame(sha256: string, file: TestFile, whose: string): void {
  if (sha256 !== file.sha256) throw new Error(`what came is not what was given: ${whose}`)
}
