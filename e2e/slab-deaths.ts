import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { expect } from 'vitest'
import type { SlabBench } from './bench/pages/slab.ts'
import { openBrowser } from './browser.ts'

/** Messages of the trial's worker. */
type News =
  | { readonly is: 'living' }
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'sealed' | 'removed'; readonly number: number }
  | (Check & { readonly is: 'checked' })

type Slabs = readonly (readonly [name: string, bytes: number])[]

/** A worker's findings after a death, and the slabs that it leaves. */
interface Check {
  /** Slabs before the store was opened. */
  readonly found: Slabs
  /** Places that the start wiped. */
  readonly lost: readonly string[]
  readonly whole: readonly number[]
  readonly torn: readonly number[]
  readonly listed: number
  readonly read: number
  /** Bytes that are kept after the check, and the slabs that hold them. */
  readonly left: number
  readonly tidied: Slabs
}

declare const bench: SlabBench

/**
 * Kills a browser `deaths` times in the middle of slab writes, each time after another number of messages of its worker. After each death
 * it expects every acknowledged shard, no torn one, and no more disk in use than the kept shards need.
 * @param url the page of the trial, see `bench/pages/slab.ts`
 */
export async function expectSlabsSurvive(
  deaths: number,
  { folder, url }: { readonly folder: string; readonly url: string },
): Promise<void> {
  const profile = join(folder, 'profiles', 'crash')
  const kept = new Set<number>()
  let acknowledged = 0
  const gone = new Set<number>()
  let tidied: Slabs = []
  for (let death = 0; death <= deaths; death++) {
    const browser = await openBrowser(profile, url)
    const checked = await check(browser.page)
    const whole = new Set(checked.whole)
    const missing = [...kept].filter((number) => !whole.has(number))
    const back = checked.whole.filter((number) => gone.has(number))
    // The state before the check shows where a loss came from.
    const traces = missing.length > 0 ? { tidied, found: checked.found, lost: checked.lost } : {}
    expect({ death, torn: checked.torn, missing, back, ...traces }).toEqual({ death, torn: [], missing: [], back: [] })
    ;({ tidied } = checked)
    expect(checked.read).toBe(checked.listed)
    // Slots are at most a sixteenth larger than their content, and every slab has its footers.
    const diskBytes = checked.tidied.reduce((sum, [, bytes]) => sum + bytes, 0)
    expect(diskBytes).toBeLessThanOrEqual((17 / 16) * checked.left + 32 * 1024 * checked.tidied.length)
    acknowledged += kept.size
    // The check removed every shard that it read but each fourth one.
    for (const number of kept) if (number % 4 !== 0) kept.delete(number)
    if (death === deaths) {
      await browser.close()
      break
    }
    // Every life ends after another number of messages of its worker, at whatever point of its work.
    const words = 1 + ((death * 17) % 61)
    const page = await browser.context.newPage()
    await page.goto(url)
    await live(page, 1 + death * 10_000, words, kept, gone)
    await browser.kill()
  }
  expect(acknowledged).toBeGreaterThan(deaths)
}

/** Starts the worker in `page`, sends it `message`, and calls `onNews` with every message of its own. */
async function order(page: Page, message: object, onNews: (news: News) => void): Promise<void> {
  await page.exposeFunction('tell', onNews)
  await page.evaluate((sent) => {
    const worker = bench.startWorker()
    const { tell } = globalThis as unknown as { tell: (news: unknown) => void }
    worker.addEventListener('message', ({ data }) => tell(data))
    worker.postMessage(sent)
  }, message)
}

/** Lets the worker check and tidy the slabs. */
export function check(page: Page): Promise<Check> {
  return new Promise((resolve, reject) => {
    void order(page, { is: 'check' }, (news) => {
      if (news.is === 'checked') resolve(news)
      if (news.is === 'failed') reject(new Error(news.why))
    }).catch(reject)
  })
}

/**
 * Lets the worker write shards from number `first` on, and resolves after `words` messages of it; notes acknowledged shards for as long as
 * it lives.
 */
export function live(page: Page, first: number, words: number, kept: Set<number>, gone: Set<number>): Promise<void> {
  let said = 0
  return new Promise((resolve, reject) => {
    void order(page, { is: 'live', first }, (news) => {
      if (news.is === 'failed') reject(new Error(news.why))
      // The worker removes every third shard, and may have begun to before its message came here.
      if (news.is === 'sealed' && news.number % 3 !== 0) kept.add(news.number)
      if (news.is === 'removed') gone.add(news.number)
      if (++said === words) resolve()
    }).catch(() => undefined) // Killed in the middle of a call.
  })
}

/** Returns the logs in which a closed Chromium keeps the names of OPFS files. */
export async function logsOfNames(profile: string): Promise<readonly string[]> {
  const files = await readdir(join(profile, 'Default', 'File System'), { recursive: true })
  return files.filter((name) => /Paths\/\d+\.log$/.test(name)).map((name) => join(profile, 'Default', 'File System', name))
}
