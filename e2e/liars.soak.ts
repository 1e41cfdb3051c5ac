import { afterAll, beforeAll, test } from 'vitest'
import { fetchAmongLiars } from './liars.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene

beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

test('holders that lie after ten honest answers put no wrong byte into a file', () => fetchAmongLiars(scene, 10), 1_200_000)
