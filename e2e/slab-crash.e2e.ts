import { join } from 'node:path'
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import type { SlabBench } from './bench/pages/slab.ts'
import { openBrowser } from './browser.ts'
import { openScene } from './scene.ts'
import { serveTrial } from './trial-page.ts'

/** What the trial's worker says. */
type News =
  | { readonly is: 'living' }
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'sealed' | 'removed'; readonly number: number }
  | (Check & { readonly is: 'checked' })

type Slabs = readonly (readonly [name: string, bytes: number])[]

/** What a worker found after a death, and left. */
interface Check {
  /** Slabs as they were before the store was opened. */
  readonly found: Slabs
  /** Places that the start wiped. */
  readonly lost: readonly string[]
  readonly whole: readonly number[]
  readonly torn: readonly number[]
  readonly listed: number
  readonly read: number
  /** Bytes of what is kept after the check, and the slabs they are in. */
  readonly left: number
  readonly tidied: Slabs
}

declare const bench: SlabBench

const DEATHS = 50

/** Starts the worker in `page`, hands it `order` and everything it says to `onNews`. */
async function order(page: Page, message: object, onNews: (news: News) => void): Promise<void> {
  await page.exposeFunction('tell', onNews)
  await page.evaluate((sent) => {
    const worker = bench.startWorker()
    const { tell } = globalThis as unknown as { tell: (news: unknown) => void }
    worker.addEventListener('message', ({ data }) => tell(data))
    worker.postMessage(sent)
  }, message)
}

test(
  'a browser that is killed in the middle of slab writes, fifty times, loses no acknowledged shard and takes no torn one',
  async () => {
    const scene = await openScene()
    const trial = await serveTrial('e2e/bench/pages/slab.ts', { folder: join(scene.folder, 'page') })
    const profile = join(scene.folder, 'profiles', 'crash')
    const kept = new Set<number>()
    let acknowledged = 0
    const gone = new Set<number>()
    let tidied: Slabs = []
    try {
      for (let death = 0; death <= DEATHS; death++) {
        const browser = await openBrowser(profile, trial.url)
        const checked = await new Promise<Extract<News, { is: 'checked' }>>((resolve, reject) => {
          void order(browser.page, { is: 'check' }, (news) => {
            if (news.is === 'checked') resolve(news)
            if (news.is === 'failed') reject(new Error(news.why))
          }).catch(reject)
        })
        const whole = new Set(checked.whole)
        const missing = [...kept].filter((number) => !whole.has(number))
        const back = checked.whole.filter((number) => gone.has(number))
        // What was there before tells where a loss came from.
        const traces = missing.length > 0 ? { tidied, found: checked.found, lost: checked.lost } : {}
        expect({ death, torn: checked.torn, missing, back, ...traces }).toEqual({ death, torn: [], missing: [], back: [] })
        ;({ tidied } = checked)
        expect(checked.read).toBe(checked.listed)
        // Slots are at most a sixteenth larger than what is in them, and every slab has its footers.
        const diskBytes = checked.tidied.reduce((sum, [, bytes]) => sum + bytes, 0)
        expect(diskBytes).toBeLessThanOrEqual((17 / 16) * checked.left + 32 * 1024 * checked.tidied.length)
        acknowledged += kept.size
        // What was read back is given up but for every fourth.
        for (const number of kept) if (number % 4 !== 0) kept.delete(number)
        if (death === DEATHS) {
          await browser.close()
          break
        }
        // Every life ends after another number of words of its worker, at whatever it does then.
        const words = 1 + ((death * 17) % 61)
        let said = 0
        const page = await browser.context.newPage()
        await page.goto(trial.url)
        await new Promise<void>((resolve, reject) => {
          void order(page, { is: 'live', first: 1 + death * 10_000 }, (news) => {
            if (news.is === 'failed') reject(new Error(news.why))
            // Every third is removed by the worker, which may have begun before its words came here.
            if (news.is === 'sealed' && news.number % 3 !== 0) kept.add(news.number)
            if (news.is === 'removed') gone.add(news.number)
            if (++said === words) resolve()
          }).catch(() => undefined) // killed in the middle of a word
        })
        await browser.kill()
      }
      expect(acknowledged).toBeGreaterThan(DEATHS)
    } finally {
      await trial.close()
      await scene.close()
    }
  },
  6 * 60_000,
)
