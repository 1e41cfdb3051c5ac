import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addFile, MINUTE, readMeter, rowOf, shareLink, until, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import type { Browser } from './browser.ts'
import type { CommonSwarm } from './common-swarm.ts'
import { openScene, type Scene, type TestFile } from './scene.ts'
import { killProcess } from './swarm.ts'

const PEOPLE = 6
const MIB = 1024 * 1024
/** Statements that would be untrue of this device: its file is with people, who are here; it gives, and it has a name. */
const untrue = [
  /\baway\b/,
  /Waiting for people/,
  /On this device only/,
  /Nobody/,
  /\b0 GB\b/,
  /would be offered/,
  /Not named yet/,
  /no new pieces\. You keep/,
  /Drop a file|Add your first/i,
]
const screens = ['files/', 'give', 'people', 'you'] as const
let scene: Scene
let swarm: CommonSwarm
let owner: Browser
let file: TestFile

beforeAll(async () => {
  scene = await openScene()
  swarm = await scene.commonSwarm()
  owner = await scene.browser('first moments', `${swarm.url}/files/`)
  await waitForPeople(owner.page, PEOPLE)
  file = await scene.randomFile('kept.bin', 300_000)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, PEOPLE)
  await shareLink(owner.page, file.name)
  await owner.page.keyboard.press('Escape')
  await owner.page.getByRole('link', { name: 'Give', exact: true }).first().click()
  const keep = owner.page.getByRole('switch', { name: 'Keep pieces for others' })
  await keep.click()
  await until(() => keep.isChecked())
  await owner.page.getByText('offered on this device').waitFor({ timeout: MINUTE })
}, 6 * MINUTE)
afterAll(() => scene.close())

test.each(screens)(
  'nothing that a start of %s shows, from its first frame until everybody is here, is false',
  async (screen) => {
    const page = await owner.context.newPage()
    await owner.page.goto('about:blank')
    await page.addInitScript(recordWhatIsSaid)
    await page.goto(`${swarm.url}/${screen}`)
    await waitForPeople(page, PEOPLE)
    if (screen === 'files/') await waitForStatus(rowOf(page, file.name), ['Fragile'])
    const said = await page.evaluate(() => [...new Set((window as unknown as { said: string[] }).said)])
    expect(said.length).toBeGreaterThan(5)
    for (const sentence of said) for (const lie of untrue) expect(sentence).not.toMatch(lie)
    await page.close()
    await owner.page.goto(`${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE)
  },
  3 * MINUTE,
)

test(
  'the copy on this device stays as long as nobody knows how often the people are here who keep the file',
  async () => {
    const { page } = owner
    await rowOf(page, file.name).getByText(file.name).first().click()
    await page.getByText(/^It can be freed once those who keep the pieces are known/).waitFor({ timeout: MINUTE })
    expect(await page.getByRole('button', { name: /^Free / }).isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
  },
  3 * MINUTE,
)

test(
  'the copy on this device goes only after a question, and its way back is in reach',
  async () => {
    // People are known after 48 seconds.
    const policy = await scene.policy({ presence: { beaconMs: 2_000 } })
    const steady = await scene.swarm({ peers: PEOPLE, policy, dataFolder: `${scene.folder}/steady` })
    const browser = await scene.browser('steady', `${steady.url}/files/`)
    const { page } = browser
    await waitForPeople(page, PEOPLE)
    await addFile(page, file)
    await waitForMeter(page, file.name, PEOPLE)
    await rowOf(page, file.name).getByText(file.name).first().click()
    await page.getByRole('button', { name: /^Free / }).click({ timeout: 2 * MINUTE })
    await page.getByText(/^Free the copy\?/).waitFor({ timeout: MINUTE })
    await page.getByRole('button', { name: /^Yes, free / }).click()
    await page.getByRole('button', { name: 'Undo' }).click({ timeout: MINUTE })
    await rowOf(page, file.name).getByText(file.name).first().click()
    await page.getByRole('button', { name: /^Free / }).waitFor({ timeout: MINUTE })
    await page.keyboard.press('Escape')
    expect(await readMeter(page, file.name)).toEqual({ value: PEOPLE, max: 8 })
    await browser.close()
    await steady.stop()
  },
  6 * MINUTE,
)

test(
  'leaving while a file is being encrypted asks first, and not any more once all of it is safe on this device',
  async () => {
    const { page } = owner
    const large = await scene.randomFile('large.bin', 64 * MIB)
    await addFile(page, large)
    expect(await reloadAsks(page, 'stay')).toBe(true)
    await rowOf(page, large.name)
      .getByText(/pieces placed/)
      .waitFor({ timeout: 2 * MINUTE })
    await rowOf(page, large.name)
      .getByText(/Encrypting/)
      .waitFor({ state: 'detached', timeout: 2 * MINUTE })
    expect(await reloadAsks(page, 'leave')).toBe(false)
    await waitForPeople(page, PEOPLE)
  },
  5 * MINUTE,
)

test(
  'when all who were here are gone every screen says so, also the one of a link that nobody can keep; without a network it is Offline',
  async () => {
    const policy = await scene.policy({ code: [{ holders: 3, k: 2, n: 3 }] })
    const own = await scene.swarm({ peers: 3, policy, dataFolder: `${scene.folder}/alone` })
    const { page, context } = await scene.browser('alone', `${own.url}/files/`)
    await waitForPeople(page, 3)
    const lonely = await scene.randomFile('lonely.bin', 100_000)
    await addFile(page, lonely)
    await waitForMeter(page, lonely.name, 3)
    for (const { pid } of own.holders) await killProcess(pid)
    await expectStatusEverywhere(page, 'Looking for people')
    await rowOf(page, lonely.name)
      .getByRole('button', { name: `Share ${lonely.name}` })
      .click({ timeout: MINUTE })
    await page
      .getByText(/^Nobody is here to keep the link/)
      .first()
      .waitFor({ timeout: MINUTE })
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    await own.stop()
    await context.setOffline(true)
    await expectStatusEverywhere(page, 'Offline')
  },
  6 * MINUTE,
)

/** Records every text that the page shows, frame by frame. */
function recordWhatIsSaid(): void {
  const said: string[] = []
  Object.assign(window, { said })
  const look = () => {
    for (const node of document.querySelectorAll('main p, main b, main small, main h1, main code, main text, main [role=meter]')) {
      said.push(node.getAttribute('aria-valuetext') ?? node.textContent ?? '')
    }
  }
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true, attributes: true })
}

/** Reloads the page as a person does, answers the browser's question, and tells whether there was one. */
async function reloadAsks(page: Page, answer: 'stay' | 'leave'): Promise<boolean> {
  // No browser asks before the person has pressed something.
  await page.locator('h1').first().click({ force: true })
  let wasAsked = false
  page.once('dialog', (dialog) => {
    wasAsked = dialog.type() === 'beforeunload'
    void (answer === 'stay' ? dialog.dismiss() : dialog.accept())
  })
  await page.reload({ timeout: 10_000 }).catch((error: unknown) => {
    if (!wasAsked) throw error
  })
  page.removeAllListeners('dialog')
  return wasAsked
}

async function expectStatusEverywhere(page: Page, status: string): Promise<void> {
  for (const screen of ['Give', 'People', 'You', 'Files']) {
    await page.getByRole('link', { name: screen, exact: true }).first().click()
    await page
      .getByRole('status')
      .filter({ hasText: new RegExp(`^${status}$`) })
      .first()
      .waitFor({ timeout: 3 * MINUTE })
  }
}
