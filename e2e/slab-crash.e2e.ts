import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MINUTE } from './app.ts'
import { openBrowser } from './browser.ts'
import { openScene, type Scene } from './scene.ts'
import { check, expectSlabsSurvive, live, logsOfNames } from './slab-deaths.ts'
import { serveTrial, type TrialPage } from './trial-page.ts'

let scene: Scene
let trial: TrialPage

beforeAll(async () => {
  scene = await openScene()
  trial = await serveTrial('e2e/bench/pages/slab.ts', { folder: join(scene.folder, 'page') })
})
afterAll(async () => {
  await trial.close()
  await scene.close()
})

test(
  'files that are made after a browser died in the middle of a record of names are still there after the next death',
  async () => {
    const profile = join(scene.folder, 'profiles', 'torn')
    const kept = new Set<number>()
    const liveAndDie = async (first: number, words: number) => {
      const browser = await openBrowser(profile, trial.url)
      await live(browser.page, first, words, kept, new Set())
      await browser.kill()
    }
    await liveAndDie(1, 1)
    const logs = await logsOfNames(profile)
    expect(logs.length).toBeGreaterThan(0)
    kept.clear()
    // The first seven bytes of a record in LevelDB's log announce 300 more, which do not follow.
    for (const log of logs) await appendFile(log, Uint8Array.of(1, 2, 3, 4, 0x2c, 1, 1))
    await liveAndDie(10_001, 40)
    expect(kept.size).toBeGreaterThan(10)
    const browser = await openBrowser(profile, trial.url)
    const { whole } = await check(browser.page)
    expect([...kept].filter((number) => !whole.includes(number))).toEqual([])
    await browser.close()
  },
  2 * MINUTE,
)

test(
  'a browser that is killed in the middle of slab writes, twelve times, loses no acknowledged shard and takes no torn one',
  () => expectSlabsSurvive(12, { folder: scene.folder, url: trial.url }),
  6 * MINUTE,
)
