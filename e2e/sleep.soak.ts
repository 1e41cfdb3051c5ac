import { afterAll, beforeAll, expect, test } from 'vitest'
import { MINUTE } from './app.ts'
import { openScene, sha256Of, type Scene } from './scene.ts'
import { downloadThroughNap, napOf, renderersOf, shareLarge, sleep, type SleepScene } from './sleep.ts'

let scene: Scene
let large: SleepScene

beforeAll(async () => {
  scene = await openScene()
  large = await shareLarge(scene, await scene.commonSwarm())
}, 8 * MINUTE)
afterAll(() => scene.close())

test('[WIR5] a download goes on after only the processes of the pages were stopped', async () => {
  const reader = await scene.browser('stopped pages', large.link)
  const pids = await renderersOf(reader)
  await downloadThroughNap(scene, large, reader.page, () => napOf(pids))
  await reader.close()
})

test('[WIR5] a download goes on after everybody who keeps the file was stopped', async () => {
  const reader = await scene.browser('stopped people', large.link)
  const pids = large.swarm.holders.map(({ pid }) => pid)
  await downloadThroughNap(scene, large, reader.page, () => napOf(pids))
  await reader.close()
})

test('[WIR5] a download in a second tab goes on after the first one, which runs the node, was frozen', async () => {
  const reader = await scene.browser('frozen leader', `${large.swarm.url}/people`)
  const follower = await reader.openTab(large.link)
  await follower.getByText('Another tab is running your node').waitFor({ timeout: MINUTE })
  const leader = await reader.context.newCDPSession(reader.page)
  await downloadThroughNap(scene, large, follower, async () => {
    await leader.send('Page.setWebLifecycleState', { state: 'frozen' })
    await sleep()
    await leader.send('Page.setWebLifecycleState', { state: 'active' })
  })
  await reader.close()
})

test('a download whose service worker was ended is said to have failed, and is there by one more press', async () => {
  const { page, context } = await scene.browser('stopped worker', large.link)
  const session = await context.newCDPSession(page)
  await session.send('ServiceWorker.enable')
  const arriving = page.waitForEvent('download', { timeout: 2 * MINUTE })
  await page.getByRole('button', { name: 'Download', exact: true }).click({ timeout: 2 * MINUTE })
  const download = await arriving
  await session.send('ServiceWorker.stopAllWorkers')
  expect(await download.failure()).not.toBeNull()
  await page
    .getByText('A part of this page was ended by the browser.')
    .first()
    .waitFor({ timeout: 2 * MINUTE })
  const again = page.waitForEvent('download', { timeout: 2 * MINUTE })
  await page.getByRole('button', { name: 'Download again', exact: true }).click({ timeout: MINUTE })
  const path = `${scene.folder}/again`
  await (await again).saveAs(path)
  expect(await sha256Of(path)).toBe(large.file.sha256)
  await page.close()
})
