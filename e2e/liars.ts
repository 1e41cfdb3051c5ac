import { join } from 'node:path'
import type { Page } from 'playwright'
import { expect } from 'vitest'
import { lies } from '../src/adapters/memory/lying-shard-store.ts'
import { addFile, downloadFromLink, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import type { Scene } from './scene.ts'
import { readStatus } from './swarm.ts'

const MIB = 1024 * 1024

/** Expects that the owner, which reads back what it placed, marks every peer that answers wrongly, and still knows it after a reload. */
async function expectCaught(page: Page, address: string): Promise<void> {
  await page.goto(address)
  const caught = page.getByRole('table', { name: 'People' }).getByText('Sent wrong bytes').first()
  await caught.waitFor({ timeout: 4 * MINUTE })
  await page.reload()
  await caught.waitFor({ timeout: MINUTE })
}

/** Stores among six honest people and one liar of every kind, who lie after `honest` true answers, and fetches the file again. */
export async function fetchAmongLiars(scene: Scene, honest: number): Promise<void> {
  const seed = Number(process.env.SEED ?? Date.now() % 100_000)
  console.log(`SEED=${seed}`)
  const swarm = await scene.swarm({ peers: 6 })
  const liars = []
  for (const lie of lies) {
    liars.push(await scene.liar(swarm.networkFile, join(scene.folder, 'liars', lie), { lie, seed, honest }))
  }
  const file = await scene.randomFile('truth.bin', 12 * MIB)
  const owner = await scene.browser('owner', `${swarm.url}/files/`)
  await waitForPeople(owner.page, 11)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, 6)
  await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
  const link = await shareLink(owner.page, file.name)
  if (honest === 0) await expectCaught(owner.page, `${swarm.url}/people/`)
  await owner.close()

  // A liar that was given nothing would prove nothing.
  const kept = await Promise.all(liars.map(async (liar) => (await readStatus(liar)).kept.length))
  expect(kept.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
  const reader = await scene.browser('reader', link)
  expect(await downloadFromLink(reader.page, scene.folder, 8 * MINUTE)).toBe(file.sha256)
}
