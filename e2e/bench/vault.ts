import { join } from 'node:path'
import type { Page } from 'playwright'
import { MINUTE, rowOf } from '../app.ts'
import type { Browser } from '../browser.ts'
import type { Scene } from '../scene.ts'
import { serveTrial } from '../trial-page.ts'
import type { Figure } from './figure.ts'
import type { VaultBench } from './pages/vault.ts'

const [FEW, MANY, FLAT] = [1_000, 100_000, 10_000]
/** Starts, renames and openings of which the fastest counts. */
const ROUNDS = 3
const [TIMES_AT_MOST, HEAP_MB_AT_MOST, ROWS_AT_MOST] = [2, 150, 100]

/** What one vault costs: milliseconds, bytes of the page's heap, rows in the document. */
interface Costs {
  readonly first: number
  readonly rename: number
  readonly folder: number
  readonly heap: number
  readonly rows: number
}

/** Measures the app with a vault of 100,000 files against one of 1,000: its start, a rename, opening a folder, its heap, and a long list. */
export async function measureVault(scene: Scene): Promise<readonly Figure[]> {
  const few = await measureWith(scene, FEW, 0)
  const many = await measureWith(scene, MANY, FLAT)
  const timed = (figure: string, of: (costs: Costs) => number): Figure => {
    const [value, reference] = [of(many), of(few)]
    return {
      figure,
      value,
      unit: 'ms',
      reference: `with ${FEW} files ${reference.toFixed(0)} ms`,
      ratio: value / reference,
      goal: `at most ${TIMES_AT_MOST} times`,
      met: value <= TIMES_AT_MOST * reference,
    }
  }
  const more = (many.heap - few.heap) / 1e6
  return [
    timed(`from navigation to the first row of ${MANY} files`, ({ first }) => first),
    timed('from a new name to its row', ({ rename }) => rename),
    timed('from a press on a folder to its first file', ({ folder }) => folder),
    {
      figure: `heap of the page beyond that with ${FEW} files`,
      value: more,
      unit: 'MB',
      reference: `with ${FEW} files ${(few.heap / 1e6).toFixed(0)} MB`,
      ratio: null,
      goal: `at most ${HEAP_MB_AT_MOST} MB`,
      met: more <= HEAP_MB_AT_MOST,
    },
    {
      figure: `rows in the document while ${FLAT} are scrolled`,
      value: many.rows,
      unit: 'rows',
      reference: '',
      ratio: null,
      goal: `at most ${ROWS_AT_MOST}`,
      met: many.rows <= ROWS_AT_MOST,
    },
  ]
}

/** Fills a profile and measures the app in it, with nobody about: the list is there before the network is. */
async function measureWith(scene: Scene, files: number, flat: number): Promise<Costs> {
  const profile = `vault-${files}`
  const trial = await serveTrial('e2e/bench/pages/vault.ts', { folder: join(scene.folder, 'pages', profile) })
  const filling = await scene.browser(profile, trial.url)
  await filling.page.waitForFunction(() => 'bench' in globalThis)
  await filling.page.evaluate(
    ([count, together]) => (globalThis as unknown as { readonly bench: VaultBench }).bench.fill(count, together),
    [files, flat] as const,
  )
  await filling.close()
  await trial.close()
  // The app is served from where the page was: both have one store.
  const swarm = await scene.swarm({ peers: 0, port: Number(new URL(trial.url).port), dataFolder: join(scene.folder, `swarm-${files}`) })
  const browser = await scene.browser(profile, swarm.url)
  const { page } = browser
  // Once to have its scripts compiled and kept.
  await firstRow(page)
  const starts: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await page.goto(swarm.url)
    starts.push(await firstRow(page))
  }
  const heap = await heapOf(browser)
  await openFolder(page, 'Year 1')
  const openings: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    openings.push(await openFolder(page, 'Day 1'))
    await page.goBack()
    await rowOf(page, 'Day 1').waitFor()
  }
  await openFolder(page, 'Day 1')
  const [name] = await page.locator('[role=grid] [role=row]').evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''))
  const renames: number[] = []
  for (let round = 0; round <= ROUNDS; round++)
    renames.push(await rename(page, round === 0 ? (name ?? '') : `name ${round - 1}`, `name ${round}`))
  const rows = flat === 0 ? 0 : await mostRows(page, swarm.url)
  await browser.close()
  await swarm.stop()
  // The first rename loads its dialog.
  return { first: Math.min(...starts), rename: Math.min(...renames.slice(1)), folder: Math.min(...openings), heap, rows }
}

/** Resolves with the milliseconds from navigation until a row is drawn. */
async function firstRow(page: Page): Promise<number> {
  const drawn = await page.waitForFunction(
    () => document.querySelector('[role=grid] [role=row]') !== null && performance.now(),
    undefined,
    {
      polling: 'raf',
      timeout: 10 * MINUTE,
    },
  )
  return Number(await drawn.jsonValue())
}

/** Presses a folder and resolves with the milliseconds until the rows of another folder are drawn. */
async function openFolder(page: Page, name: string): Promise<number> {
  await rowOf(page, name).waitFor({ timeout: MINUTE })
  return page.evaluate(async (folder) => {
    const rowNamed = (label: string) => document.querySelector<HTMLElement>(`[role=grid] [role=row][aria-label="${label}"]`)
    const row = rowNamed(folder)
    const began = performance.now()
    row?.click()
    while (row?.isConnected === true || document.querySelector('[role=grid] [role=row]') === null)
      await new Promise((resolve) => requestAnimationFrame(resolve))
    return performance.now() - began
  }, name)
}

/** Gives a file another name and resolves with the milliseconds until its row shows it. */
async function rename(page: Page, before: string, after: string): Promise<number> {
  await rowOf(page, before).focus()
  await page.keyboard.press('F2')
  const field = page.getByRole('textbox', { name: 'Name' })
  await field.fill(after)
  return page.evaluate(async (label) => {
    const button = [...document.querySelectorAll('dialog button, [role=dialog] button')].find((each) => each.textContent === 'Save')
    const began = performance.now()
    if (!(button instanceof HTMLElement)) throw new Error('the dialog has no button to save')
    button.click()
    while (document.querySelector(`[role=grid] [role=row][aria-label="${label}"]`) === null)
      await new Promise((resolve) => requestAnimationFrame(resolve))
    return performance.now() - began
  }, after)
}

/** Resolves with the bytes of the page's heap after a collection. */
async function heapOf({ page, context }: Browser): Promise<number> {
  const session = await context.newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}

/** Scrolls to the end of a long folder and resolves with the most rows that were in the document at once. */
async function mostRows(page: Page, url: string): Promise<number> {
  await page.goto(url)
  await firstRow(page)
  await openFolder(page, 'Flat')
  return page.evaluate(async (all) => {
    let most = 0
    for (let last = 0; last < all;) {
      window.scrollBy({ top: 4_000, behavior: 'instant' })
      await new Promise((resolve) => requestAnimationFrame(resolve))
      const rows = [...document.querySelectorAll('[role=grid] [role=row]')]
      most = Math.max(most, rows.length)
      last = Math.max(...rows.map((row) => Number(row.getAttribute('aria-rowindex'))))
    }
    return most
  }, FLAT)
}
