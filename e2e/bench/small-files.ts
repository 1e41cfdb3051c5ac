import type { Page } from 'playwright'
import { MINUTE, rowOf, waitForPeople } from '../app.ts'
import type { Scene, TestFile } from '../scene.ts'
import type { Figure } from './figure.ts'

const FILES = 1000
const FILE_BYTES = 20_480
const GOAL = 3

/**
 * Stores 1,000 files of 20 KiB, and one file of as many bytes, from two browsers of one swarm; measures the time until every row is stored.
 */
export async function measureSmallFiles(scene: Scene): Promise<readonly Figure[]> {
  const policy = await scene.policy({ code: [{ holders: 3, k: 2, n: 3 }], guardian: { enabled: false } })
  const swarm = await scene.swarm({ peers: 3, policy })
  const one = await scene.randomFile('one.bin', FILES * FILE_BYTES)
  const many: TestFile[] = []
  for (let at = 0; at < FILES; at++) many.push(await scene.randomFile(`small-${String(at).padStart(4, '0')}.bin`, FILE_BYTES))

  const oneMs = await storingTime(scene, swarm.url, 'one', [one])
  const manyMs = await storingTime(scene, swarm.url, 'many', many)
  const ratio = manyMs / oneMs
  return [
    {
      figure: `store ${FILES} files of ${FILE_BYTES} bytes`,
      value: manyMs / 1000,
      unit: 's',
      reference: `one file of the same size ${(oneMs / 1000).toFixed(1)} s`,
      ratio,
      goal: `at most ${GOAL} times`,
      met: ratio <= GOAL,
    },
  ]
}

/** Returns the milliseconds from the drop until every file's row shows how well it is stored. */
async function storingTime(scene: Scene, url: string, profile: string, files: readonly TestFile[]): Promise<number> {
  const { page, close } = await scene.browser(profile, url)
  await waitForPeople(page, 3)
  const began = performance.now()
  await page
    .getByLabel('Add files', { exact: true })
    .first()
    .setInputFiles(files.map(({ path }) => path))
  await waitForStored(page, files.length)
  const took = performance.now() - began
  for (const { name } of [files[0], files.at(-1)].filter((each) => each !== undefined)) await rowOf(page, name).waitFor({ timeout: MINUTE })
  await close()
  return took
}

/**
 * Waits until the `count` rows of the list show a word that only stored files have. Rows in sight are all that the page has, so the list is
 * scrolled on as soon as those in sight are stored: what is stored stays stored.
 */
async function waitForStored(page: Page, count: number): Promise<void> {
  await page.evaluate(() => (document.documentElement.dataset['storedRows'] = '0'))
  await page.waitForFunction(
    (all) => {
      const { dataset } = document.documentElement
      const isStored = (row: Element): boolean =>
        [...row.querySelectorAll('*')].some(
          (part) => part.childElementCount === 0 && /^(Fragile|Protected|Strong)$/.test(part.textContent ?? ''),
        )
      let stored = Number(dataset['storedRows'])
      for (const row of document.querySelectorAll('[role=grid] [role=row][aria-rowindex]')) {
        if (Number(row.getAttribute('aria-rowindex')) !== stored + 1) continue
        if (!isStored(row)) break
        stored += 1
        row.scrollIntoView({ block: 'start' })
      }
      dataset['storedRows'] = String(stored)
      return stored >= all
    },
    count,
    { timeout: 60 * MINUTE, polling: 'raf' },
  )
}
