import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import { openScene, type Scene } from './scene.ts'
import { expectSlabsSurvive } from './slab-deaths.ts'
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

test('a browser that is killed in the middle of slab writes, 200 times, loses no acknowledged shard and takes no torn one', () =>
  expectSlabsSurvive(200, { folder: scene.folder, url: trial.url }))
