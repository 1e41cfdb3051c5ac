import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MOST_WINDOW_BYTES } from '../src/protocol/limits.ts'
import {
  addFile,
  downloadFromLink,
  downloadOwn,
  MINUTE,
  rowOf,
  shareLink,
  until,
  waitForMeter,
  waitForPeople,
  waitForStatus,
} from './app.ts'
import type { Browser } from './browser.ts'
import type { CommonSwarm } from './common-swarm.ts'
import { openScene, sha256Of, type Scene } from './scene.ts'
import { sumOf } from './swarm.ts'

const MIB = 1024 * 1024
const PEOPLE = 6
const ELSEWHERE = 'Another tab is running your node'
let scene: Scene
let swarm: CommonSwarm

beforeAll(async () => {
  scene = await openScene()
  swarm = await scene.commonSwarm()
})
afterAll(() => scene.close())

test(
  'a second tab shows the same files and can do everything; when the first is closed it takes over, and a third one follows it',
  async () => {
    const first = await scene.randomFile('first.bin', 2 * MIB)
    const second = await scene.randomFile('second.bin', 3 * MIB)
    const owner = await scene.browser('two tabs', `${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE)
    await addFile(owner.page, first)
    const other = await openFollower(owner)
    await rowOf(other, first.name).waitFor({ timeout: MINUTE })
    await addFile(other, second)
    await rowOf(owner.page, second.name).waitFor({ timeout: MINUTE })
    for (const { name } of [first, second]) await waitForMeter(other, name, PEOPLE)
    const link = await shareLink(other, second.name)
    await other.keyboard.press('Escape')
    expect(await downloadOwn(other, first.name, scene.folder)).toBe(first.sha256)
    const third = await owner.openTab(link)
    await third.getByRole('heading', { name: second.name }).waitFor({ timeout: MINUTE })
    expect(await third.getByText(ELSEWHERE).count()).toBe(1)

    await owner.page.close()
    await expectTakenOver([other, third])
    await waitForPeople(other, PEOPLE)
    for (const { name } of [first, second]) await rowOf(other, name).waitFor({ timeout: MINUTE })
    expect(await downloadFromLink(third, scene.folder)).toBe(second.sha256)
    const late = await scene.randomFile('late.bin', MIB)
    await addFile(other, late)
    await waitForMeter(other, late.name, PEOPLE)
    await owner.close()
  },
  6 * MINUTE,
)

test(
  'a store goes on in the second tab when the process of the first is killed, whichever tab got the file, and nothing acknowledged goes out twice',
  async () => {
    const before = await sumOf(swarm.holders)
    const owner = await scene.browser('killed tab', `${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE)
    const other = await openFollower(owner)
    const file = await scene.randomFile('from the second tab.bin', 32 * MIB)
    await addFile(other, file)
    await until(async () => (await sumOf(swarm.holders)).received - before.received > 8 * MIB)
    await crash(owner, owner.page)

    await expectTakenOver([other])
    await waitForMeter(other, file.name, PEOPLE)
    await waitForStatus(rowOf(other, file.name), ['Fragile'])
    const after = await sumOf(swarm.holders)
    const [received, kept] = [after.received - before.received, after.kept - before.kept]
    expect(kept).toBeGreaterThanOrEqual(PEOPLE * (file.size / 2))
    // Bytes on their way and not yet acknowledged may come twice: a window per piece.
    expect(received - kept).toBeLessThan(PEOPLE * MOST_WINDOW_BYTES + MIB)
    expect(await downloadOwn(other, file.name, scene.folder)).toBe(file.sha256)
    await owner.close()
  },
  6 * MINUTE,
)

test(
  'a tab that cannot run the node says why, goes on showing the files, and takes over by itself as soon as it can',
  async () => {
    const file = await scene.randomFile('shown.bin', MIB)
    const owner = await scene.browser('failing tab', `${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, PEOPLE)
    const other = await openFollower(owner)
    let isSpoilt = true
    await owner.context.route('**/network.json', (route) =>
      isSpoilt ? route.fulfill({ body: 'not what it should be' }) : route.continue(),
    )
    await crash(owner, owner.page)

    const alert = other.getByRole('alert')
    await alert.getByText('The settings of this network cannot be read').waitFor({ timeout: MINUTE })
    await alert.getByText('This page tries again by itself').waitFor()
    await rowOf(other, file.name).waitFor()
    expect(await other.getByText(ELSEWHERE).count()).toBe(0)
    isSpoilt = false
    await alert.waitFor({ state: 'detached', timeout: MINUTE })
    await waitForPeople(other, PEOPLE)
    expect(await other.getByText(ELSEWHERE).count()).toBe(0)
    expect(await downloadOwn(other, file.name, scene.folder)).toBe(file.sha256)
    await owner.close()
  },
  6 * MINUTE,
)

test(
  'a page killed in the middle of a download has it back by one press',
  async () => {
    const file = await scene.randomFile('cut.bin', 24 * MIB)
    const owner = await scene.browser('sender', `${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, PEOPLE)
    const link = await shareLink(owner.page, file.name)
    await owner.close()

    const reader = await scene.browser('cut reader', link)
    const started = reader.page.waitForEvent('download', { timeout: 2 * MINUTE })
    await reader.page.getByRole('button', { name: 'Download', exact: true }).click()
    const cut = await started
    await crash(reader, reader.page)
    const tab = await reader.openTab(link)
    expect(await downloadFromLink(tab, scene.folder)).toBe(file.sha256)
    // The first download must not pass for a whole file.
    const path = await cut.path().catch(() => undefined)
    if (path !== undefined) expect(await sha256Of(path)).toBe(file.sha256)
    await reader.close()
  },
  6 * MINUTE,
)

async function openFollower(owner: Browser): Promise<Page> {
  const tab = await owner.openTab(`${swarm.url}/files/`)
  await tab.getByText(ELSEWHERE).waitFor({ timeout: MINUTE })
  return tab
}

/** Waits until one of the tabs runs the node and the others follow it. */
async function expectTakenOver(tabs: readonly Page[]): Promise<void> {
  const leads = async (tab: Page) => (await tab.getByText(ELSEWHERE).count()) === 0
  await until(async () => (await Promise.all(tabs.map(leads))).filter(Boolean).length === 1)
}

/** Kills the process of one tab, as the system does when memory runs out. */
async function crash({ context }: Browser, page: Page): Promise<void> {
  const session = await context.newCDPSession(page)
  const crashed = page.waitForEvent('crash', { timeout: MINUTE })
  // The page that would answer is gone.
  void session.send('Page.crash').catch(() => undefined)
  await crashed
}
