import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labelledHash } from '../src/core/labels.ts'
import {
  addFile,
  downloadFromLink,
  downloadOwn,
  lendSpace,
  MINUTE,
  readMeter,
  rowOf,
  shareLink,
  waitForMeter,
  waitForPeople,
  waitForStatus,
} from './app.ts'
import { clearDatabase, clearLog, liftLimit, limitDisk, replaceDatabase, spoilHead, spoilLog, spoilRecords } from './harm.ts'
import type { CommonSwarm } from './common-swarm.ts'
import { openScene, sha256Of, type Scene } from './scene.ts'

const MIB = 1024 * 1024
const PEOPLE = 6
let scene: Scene
let swarm: CommonSwarm

beforeAll(async () => {
  scene = await openScene()
  swarm = await scene.commonSwarm()
})
afterAll(() => scene.close())

test(
  'a file larger than the room left goes out through a window, and is whole',
  async () => {
    const file = await scene.randomFile('wider than the room.bin', 56 * MIB)
    const owner = await scene.browser('window', `${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE)
    const disk = await limitDisk(owner, 40 * MIB)
    await addFile(owner.page, file)
    await rowOf(owner.page, file.name)
      .getByText('Keep this page open')
      .waitFor({ timeout: 2 * MINUTE })
    await waitForMeter(owner.page, file.name, PEOPLE)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
    const link = await shareLink(owner.page, file.name)
    await owner.page.getByRole('button', { name: 'Close' }).click()
    expect(await downloadOwn(owner.page, file.name, scene.folder)).toBe(file.sha256)
    await disk.detach()
    await owner.close()
    const reader = await scene.browser('window reader', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(file.sha256)
    await reader.close()
  },
  10 * MINUTE,
)

test(
  'with no room for even a part of it a file says so, and goes on when there is room',
  async () => {
    const file = await scene.randomFile('no room.bin', 20 * MIB)
    const owner = await scene.browser('full', `${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE)
    const disk = await limitDisk(owner, 5 * MIB)
    await addFile(owner.page, file)
    await rowOf(owner.page, file.name)
      .getByText('This device has no room left')
      .waitFor({ timeout: 2 * MINUTE })
    await liftLimit(disk, owner)
    await waitForMeter(owner.page, file.name, PEOPLE)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
    expect(await downloadOwn(owner.page, file.name, scene.folder)).toBe(file.sha256)
    await owner.close()
  },
  10 * MINUTE,
)

test(
  'somebody whose disk is full refuses, says so, and the file goes to others',
  async () => {
    const lender = await scene.browser('lender', `${swarm.url}/give/`)
    await lendSpace(lender.page)
    await waitForPeople(lender.page, PEOPLE)
    const disk = await limitDisk(lender, MIB)
    const file = await scene.randomFile('for others.bin', 6 * MIB)
    const owner = await scene.browser('owner of others', `${swarm.url}/files/`)
    await waitForPeople(owner.page, PEOPLE + 1)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, PEOPLE)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
    expect((await readMeter(owner.page, file.name)).value).toBe(PEOPLE)
    await lender.page.getByText('This device has no room left').waitFor({ timeout: MINUTE })
    await disk.detach()
    await lender.close()
    const link = await shareLink(owner.page, file.name)
    await owner.close()
    const reader = await scene.browser('reader of others', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(file.sha256)
    await reader.close()
  },
  10 * MINUTE,
)

test(
  'files, words and links outlive an IndexedDB or a log that is cleared or spoilt, under a running app and a stopped one',
  async () => {
    const files = [await scene.randomFile('one.bin', 3 * MIB), await scene.randomFile('two.bin', 2 * MIB)] as const
    const owner = await scene.browser('spoilt', `${swarm.url}/files/`)
    const { page } = owner
    await waitForPeople(page, PEOPLE)
    await addFile(page, files[0])
    await waitForMeter(page, files[0].name, PEOPLE)
    const link = await shareLink(page, files[0].name)
    await page.getByRole('button', { name: 'Close' }).click()
    const words = await readWords(page)
    const expectAll = async (names: readonly string[]) => {
      await page.goto(`${swarm.url}/files/`)
      for (const name of names) await rowOf(page, name).waitFor({ timeout: MINUTE })
      expect(await readWords(page)).toBe(words)
    }

    // While the app runs.
    await page.evaluate(clearDatabase)
    await addFile(page, files[1])
    await waitForMeter(page, files[1].name, PEOPLE)
    await page.evaluate(spoilHead)
    await page.evaluate(clearLog)
    const third = await scene.randomFile('three.bin', 1000)
    await addFile(page, third)
    await waitForStatus(rowOf(page, third.name), ['Fragile'])
    const names = [...files.map(({ name }) => name), third.name]
    await expectAll(names)

    // While the app is stopped: first the second copy alone, then the first one alone.
    for (const harm of [spoilRecords, replaceDatabase, clearLog, spoilLog]) {
      await page.goto(`${swarm.url}/network.json`)
      await page.evaluate(harm)
      await expectAll(names)
    }
    expect(await shareLink(page, files[0].name)).toBe(link)
    await owner.close()
    const reader = await scene.browser('reader of spoilt', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(files[0].sha256)
    await reader.close()
  },
  10 * MINUTE,
)

async function addRelay(page: Page, address: string): Promise<void> {
  await page.getByRole('link', { name: 'People' }).click()
  await page.getByRole('textbox', { name: 'Relay address' }).fill(address)
  await page.getByRole('button', { name: 'Add relay' }).click()
}

test(
  'a dead relay beside a living one goes unnoticed; alone it is said in words',
  async () => {
    const dead = '/ip4/127.0.0.1/tcp/9/ws/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
    const network = (await (await fetch(`${swarm.url}/network.json`)).json()) as { readonly relays: readonly string[] }
    const both = join(scene.folder, 'both.json')
    const alone = join(scene.folder, 'alone.json')
    await writeFile(both, JSON.stringify({ ...network, relays: [dead, ...network.relays] }))
    await writeFile(alone, JSON.stringify({ ...network, relays: [dead] }))

    const file = await scene.randomFile('beside.bin', 2 * MIB)
    const lucky = await scene.browser('both relays', `${(await scene.server(both)).url}/files/`)
    await waitForPeople(lucky.page, PEOPLE)
    await addFile(lucky.page, file)
    await waitForMeter(lucky.page, file.name, PEOPLE)
    expect(await lucky.page.getByRole('alert').count()).toBe(0)
    await lucky.close()

    const unlucky = await scene.browser('dead relay', `${(await scene.server(alone)).url}/people/`)
    await unlucky.page.getByText('Not reached, trying again').waitFor({ timeout: MINUTE })
    await unlucky.page.getByRole('alert').getByText('The relay does not answer').waitFor({ timeout: MINUTE })
    await addFileOn(unlucky.page, file.path)
    await waitForStatus(rowOf(unlucky.page, file.name), ['On this device only'])

    // A relay that the person adds is used at once, remembered, and given up again when it is removed.
    const { page } = unlucky
    const [living = ''] = network.relays
    await addRelay(page, 'relay.example.org')
    await page.getByRole('alert').getByText('That is not the address of a relay').waitFor()
    await addRelay(page, living)
    await waitForPeople(page, PEOPLE)
    await page.reload()
    await waitForPeople(page, PEOPLE)
    await page.getByText('Connected, added by you').waitFor()
    await page.getByRole('link', { name: 'Files', exact: true }).click()
    await waitForStatus(rowOf(page, file.name), ['Fragile'])
    await page.getByRole('link', { name: 'People' }).click()
    await page.getByRole('button', { name: `Remove relay ${living}` }).click()
    await page.getByText(living).waitFor({ state: 'detached' })
    await page.reload()
    await page.getByText('Not reached, trying again').waitFor({ timeout: MINUTE })
    expect(await page.getByText(living).count()).toBe(0)
    await unlucky.close()
  },
  6 * MINUTE,
)

test(
  'a link that was cut, lengthened, mistyped or made by a newer app says so, and breaks nothing',
  async () => {
    // A valid link without content: whole, of this version, and nobody keeps it.
    const good = 'AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8'
    const reader = await scene.browser('links', `${swarm.url}/s/#${good.slice(0, 40)}`)
    const cases: readonly (readonly [string, RegExp])[] = [
      [good.slice(0, 40), /This link is not complete/],
      [`${good.slice(0, 91)}${good.endsWith('8') ? '9' : '8'}AAA`, /This link is not complete/],
      [`${good}AAAAAAAAAAAAAAAAAAAAA`, /This link is not complete/],
      ['not%20a%20link', /This link is not complete/],
      [`Ag${'A'.repeat(90)}`, /This link is not complete/],
      [linkOfVersion(2), /made by a newer version/],
    ]
    for (const [fragment, said] of cases) {
      await reader.page.goto('about:blank')
      await reader.page.goto(`${swarm.url}/s/#${fragment}`)
      await reader.page.getByRole('alert').getByText(said).waitFor({ timeout: MINUTE })
      expect(new URL(reader.page.url()).hash).toBe('')
      expect(await reader.page.getByRole('button', { name: 'Download' }).count()).toBe(0)
    }
    await reader.close()
  },
  4 * MINUTE,
)

test(
  'a file that changes or goes while it is read is not stored as a mix, and can be dropped again',
  async () => {
    const owner = await scene.browser('changing', `${swarm.url}/files/`)
    const { page } = owner
    await waitForPeople(page, PEOPLE)
    const file = await scene.randomFile('changing.bin', 64 * MIB)
    await addFile(page, file)
    await rowOf(page, file.name).getByText('Encrypting on this device').waitFor({ timeout: MINUTE })
    await truncate(file.path, 12 * MIB)
    await rowOf(page, file.name)
      .getByText(/cannot be read any more|changed while it was being read/)
      .waitFor({ timeout: 2 * MINUTE })

    const now = { ...file, size: 12 * MIB, sha256: await sha256Of(file.path) }
    await addFileOn(page, now.path)
    await waitForMeter(page, now.name, PEOPLE)
    await waitForStatus(rowOf(page, now.name), ['Fragile'])
    expect(await rowOf(page, now.name).count()).toBe(1)
    expect(await downloadOwn(owner.page, now.name, scene.folder)).toBe(now.sha256)
    await owner.close()
  },
  8 * MINUTE,
)

/** Gives a file to the app, even where its row exists already. */
async function addFileOn(page: Page, path: string): Promise<void> {
  await page.getByRole('link', { name: 'Files', exact: true }).first().click()
  await page.getByLabel('Add files', { exact: true }).first().setInputFiles(path)
}

async function readWords(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'You', exact: true }).first().click()
  await page.getByRole('button', { name: 'Show recovery words' }).click({ timeout: MINUTE })
  const list = page.getByRole('list', { name: 'Recovery words' }).getByRole('listitem')
  await list.nth(11).waitFor({ timeout: MINUTE })
  const words = (await list.allTextContents()).join(' ')
  expect(words.split(' ')).toHaveLength(12)
  await page.getByRole('link', { name: 'Files', exact: true }).first().click()
  return words
}

/** Returns the key part of a link of a later version: its check holds, whatever the link names. */
function linkOfVersion(version: number): string {
  const named = new Uint8Array(65).fill(7)
  named[0] = version
  return Buffer.concat([named, labelledHash('link-check', named).subarray(0, 4)]).toString('base64url')
}
