import { execFileSync } from 'node:child_process'
import type { Page } from 'playwright'
import { expect } from 'vitest'
import { addFile, MINUTE, shareLink, until, waitForMeter, waitForPeople } from './app.ts'
import type { Browser } from './browser.ts'
import type { CommonSwarm } from './common-swarm.ts'
import { sha256Of, type Scene, type TestFile } from './scene.ts'
import { readStatus } from './swarm.ts'

/** Longer than every deadline of a page, a worker and the wire. Milliseconds. */
const NAP_MS = 45_000
const PEOPLE = 6
/** Size of a file that is large enough to be caught half way, and small enough for a slow machine. */
const FILE_BYTES = 48 * 1024 * 1024

/** A link to a large file, and a browser that has opened it. */
export interface SleepScene {
  readonly swarm: CommonSwarm
  readonly file: TestFile
  readonly link: string
}

/** Stores a large file among `swarm`'s people and shares it. */
export async function shareLarge(scene: Scene, swarm: CommonSwarm): Promise<SleepScene> {
  const owner = await scene.browser('owner', `${swarm.url}/files/`)
  await waitForPeople(owner.page, PEOPLE)
  const file = await scene.randomFile('long film.bin', FILE_BYTES)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, PEOPLE)
  const link = await shareLink(owner.page, file.name)
  await owner.close()
  return { swarm, file, link }
}

/**
 * Downloads in `page` from the page of the link, calls `nap`, which stops some processes, once bytes arrive, and expects that the download
 * then goes on from where it was: the file is right, and nobody sent it a second time.
 */
export async function downloadThroughNap(scene: Scene, { swarm, file }: SleepScene, page: Page, nap: () => Promise<void>): Promise<void> {
  const before = await sentBy(swarm)
  const arriving = page.waitForEvent('download', { timeout: 2 * MINUTE })
  await page.getByRole('button', { name: 'Download', exact: true }).click({ timeout: 2 * MINUTE })
  const download = await arriving
  await until(async () => (await sentBy(swarm)) - before > FILE_BYTES / 16)
  await nap()
  const path = `${scene.folder}/after a nap ${Math.round(performance.now())}`
  await download.saveAs(path)
  expect(await sha256Of(path)).toBe(file.sha256)
  expect((await sentBy(swarm)) - before).toBeLessThan(1.6 * FILE_BYTES)
}

/** Stops the processes `pids`, as a closed lid does, and wakes them after the nap. */
export async function napOf(pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  await sleep()
  for (const pid of pids.toReversed()) process.kill(pid, 'SIGCONT')
}

/** Waits as long as a nap takes. */
export async function sleep(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, NAP_MS))
}

/** Returns all processes of a browser, its own first. */
export function processesOf({ pid }: Browser): readonly number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const parentOf = new Map(rows.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]))
  const isBelow = (each: number | undefined): boolean => each !== undefined && each > 1 && (each === pid || isBelow(parentOf.get(each)))
  return [pid, ...[...parentOf.keys()].filter((each) => each !== pid && isBelow(each))]
}

/** Returns the processes that run the pages and workers of a browser. */
export async function renderersOf({ context, page }: Browser): Promise<readonly number[]> {
  const browser = context.browser()
  const session = browser === null ? await context.newCDPSession(page) : await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
}

async function sentBy(swarm: CommonSwarm): Promise<number> {
  const all = await Promise.all(swarm.holders.map((holder) => readStatus(holder)))
  return all.reduce((sum, { sentBytes }) => sum + sentBytes, 0)
}
