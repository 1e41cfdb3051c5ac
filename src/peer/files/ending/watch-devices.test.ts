import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { AWAITED_MS, contentsToEnd } from '../../../core/vault/ends.ts'
import { covers } from '../../../core/vault/frontier.ts'
import { DEVICES } from '../../vault/log-rows.ts'
import { createDevice, createKeepers, drop, folder, idOf, keys, renamed } from '../../vault/shared-vault.rig.ts'
import { openDeviceWatch } from './watch-devices.ts'

const DAY = 86_400_000

/** Two devices of a vault with a content that the first has deleted, and a disk for what is noted on the first. */
async function deleted() {
  const keepers = createKeepers()
  const [a, b] = [await createDevice('a', keepers.clock).start(), await createDevice('b', keepers.clock).start()]
  const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('notes') })
  await a.vault.commit([...drop(1), folder(1, 'mine')])
  await keepers.publish(a)
  await keepers.take(b)
  await b.vault.commit([folder(2, 'theirs')])
  await keepers.publish(b)
  await keepers.take(a)
  const watch = () => openDeviceWatch({ catalog }, a.vault, keys.vaultAead)
  return { keepers, a, b, catalog, watch }
}

test('[VLT24, VLT30] a device is waited for until 60 days after its newest entry was taken, over any number of starts', async () => {
  const { a, watch } = await deleted()
  await (await watch()).note(1_000)
  await a.vault.commit([{ id: idOf(0, 0, 1, 250), fields: { deletedAt: 0 } }])
  expect(a.vault.names.unnamed.size).toBe(1)
  for (let day = 1; day <= 61; day += 10) {
    // Another start, which takes nothing new of it.
    const again = await watch()
    await again.note(1_000 + day * DAY)
    const ended = contentsToEnd(a.vault.names.unnamed, again.devices(), 1_000 + day * DAY)
    expect([day, ended.length]).toEqual([day, day * DAY > AWAITED_MS ? 1 : 0])
  }
})

test('[VLT30] what a device was known to have is known after layers took in the entries that said so, and a restart', async () => {
  const { keepers, a, b, watch } = await deleted()
  await a.vault.commit([{ id: idOf(0, 0, 1, 250), fields: { deletedAt: 0 } }])
  await keepers.publish(a)
  await keepers.take(b)
  await b.vault.tellSeen()
  await keepers.publish(b)
  await keepers.take(a)
  const [before] = await noted(watch)
  const [frontier] = [...a.vault.names.unnamed.values()]
  expect(frontier !== undefined && before !== undefined && covers(before.knows, frontier)).toBe(true)
  await a.vault.layUp()
  expect(a.vault.log().known.some(({ body }) => body.device === b.vault.device)).toBe(false)
  const [after] = await noted(watch)
  expect(after?.knows).toEqual(before?.knows)
})

test('[VLT30] a note of devices that cannot be read begins anew', async () => {
  const { a, catalog, watch } = await deleted()
  await (await watch()).note(1_000)
  await catalog.commit([{ table: 'self', key: DEVICES, value: new Uint8Array([1, 2, 3]) }])
  const again = await watch()
  await again.note(5_000)
  expect(again.devices().map(({ takenAt }) => takenAt)).toEqual([5_000])
  expect(a.vault.device).not.toBe(again.devices()[0]?.id)
})

test('[VLT17] a device that has nothing to tell writes nothing', async () => {
  const { keepers, b, a } = await deleted()
  await a.vault.commit([renamed(1, 'other')])
  await keepers.publish(a)
  await keepers.take(b)
  await b.vault.tellSeen()
  const { frontier } = b.vault.told()
  await b.vault.tellSeen()
  expect(b.vault.told().frontier).toEqual(frontier)
})

async function noted(watch: () => ReturnType<typeof openDeviceWatch>) {
  const opened = await watch()
  await opened.note(2_000)
  return opened.devices()
}
