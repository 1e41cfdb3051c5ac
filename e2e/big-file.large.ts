import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, downloadFromLink, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import { openScene, type Scene } from './scene.ts'
import { killProcess } from './swarm.ts'

const GIB = 1024 ** 3
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test('a file of 1 GiB comes back byte by byte from any two of three people', async () => {
  const policy = await scene.policy({ code: [{ holders: 3, k: 2, n: 3 }], guardian: { enabled: false } })
  const swarm = await scene.swarm({ peers: 3, policy })
  const file = await scene.randomFile('big.bin', GIB)
  const owner = await scene.browser('owner', `${swarm.url}/files/`)
  await waitForPeople(owner.page, 3)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, 3, 20 * MINUTE)
  await waitForStatus(rowOf(owner.page, file.name), ['Fragile'], 20 * MINUTE)
  const link = await shareLink(owner.page, file.name)
  await owner.kill()
  const [victim] = swarm.holders
  if (victim === undefined) throw new Error('no holder')
  await killProcess(victim.pid)
  const reader = await scene.browser('reader', link)
  expect(await downloadFromLink(reader.page, scene.folder, 20 * MINUTE)).toBe(file.sha256)
})
