import { afterAll, beforeAll, test } from 'vitest'
import { MINUTE } from './app.ts'
import { openScene, type Scene } from './scene.ts'
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

test('[WIR5] a download goes on after the service worker that hands it over was stopped', async () => {
  const reader = await scene.browser('stopped worker', large.link)
  const session = await reader.context.newCDPSession(reader.page)
  await downloadThroughNap(scene, large, reader.page, async () => {
    await session.send('ServiceWorker.enable')
    await session.send('ServiceWorker.stopAllWorkers')
  })
  await reader.close()
})
