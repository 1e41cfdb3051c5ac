import { afterAll, beforeAll, test } from 'vitest'
import { MINUTE } from './app.ts'
import { openScene, type Scene } from './scene.ts'
import { downloadThroughNap, napOf, processesOf, shareLarge, type SleepScene } from './sleep.ts'

let scene: Scene
let large: SleepScene

beforeAll(async () => {
  scene = await openScene()
  large = await shareLarge(scene, await scene.commonSwarm())
}, 8 * MINUTE)
afterAll(() => scene.close())

test.skipIf(process.platform === 'win32')(
  '[WIR5] a browser that sleeps in the middle of a download goes on where it was, and fetches nothing twice',
  async () => {
    const reader = await scene.browser('sleeper', large.link)
    await downloadThroughNap(scene, large, reader.page, () => napOf(processesOf(reader)))
    await reader.close()
  },
  6 * MINUTE,
)
