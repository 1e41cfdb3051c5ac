import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { brandBytes, type FileKey, type PeerId } from '../../../core/ids.ts'
import { personName } from '../../../core/names.ts'
import { AWAITED_MS, contentsToEnd } from '../../../core/vault/ends.ts'
import { idHex } from '../../../core/vault/entry-id.ts'
import { covers, nothingSeen } from '../../../core/vault/frontier.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import type { Content } from '../../storing/content.ts'
import { DEVICES } from '../../vault/log-rows.ts'
import { createDevice, createKeepers, drop, folder, idOf, keys, renamed } from '../../vault/shared-vault.rig.ts'
import { viewDevices } from './devices.ts'
import { endUnnamed } from './end-contents.ts'
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

test('[VLT24, VLT31] a device is waited for until 60 days after its newest entry was taken, over any number of starts', async () => {
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

test('[VLT31] what a device was known to have is known after layers took in the entries that said so, and a restart', async () => {
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

test('[VLT31] a note of devices that cannot be read begins anew', async () => {
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

test('[VLT24, VLT31] what another device puts in before it names it is not ended while that one is waited for', async () => {
  const { keepers, a, b, watch } = await deleted()
  const pack = idOf(9, 9)
  await b.vault.commit([{ id: pack, fields: { key: { fileKey: brandBytes<FileKey>(new Uint8Array(32).fill(9)), size: 10 } } }])
  await keepers.publish(b)
  await keepers.take(a)
  const opened = await watch()
  await opened.note(1_000)
  const [frontier] = [...a.vault.names.unnamed.values()]
  expect(frontier !== undefined && covers(opened.devices()[0]?.knows ?? nothingSeen, frontier)).toBe(true)
  const ended: string[] = []
  const own = {
    unnamed: () => [{ id: idHex(pack) } as Content],
    end: async (given: readonly Content[]) => void ended.push(...given.map(({ id }) => id)),
  }
  expect(await endUnnamed({ vault: a.vault, own, watch: opened }, 2_000)).toBe(0)
  expect(await endUnnamed({ vault: a.vault, own, watch: opened }, undefined)).toBe(0)
  expect(await endUnnamed({ vault: a.vault, own, watch: opened }, 1_000 + 61 * DAY)).toBe(1)
  expect(ended).toEqual([idHex(pack)])
})

test('[VLT26] the list of devices names this one first, and says when it goes on under a new id', async () => {
  const { a, b } = await deleted()
  const parts = { network: { self: peerIdOf(1) }, engine: 'memory' } as StoreTools['parts']
  const nameB = { id: b.vault.device ?? idOf(), fields: { name: 'Other', device: { engine: 'node', peer: peerIdOf(2) } } }
  await a.vault.commit([nameB])
  const [own, other, ...more] = viewDevices({ vault: a.vault, parts })
  expect([own?.label, own?.isThis, own?.isCopied, other?.label, other?.engine, other?.isThis]).toEqual([
    personName(peerIdOf(1)),
    true,
    undefined,
    'Other',
    'node',
    false,
  ])
  expect([own?.changedAt, other?.changedAt].every((at) => at !== undefined)).toBe(true)
  expect(more).toEqual([])
  expect(viewDevices({ vault: { ...a.vault, entries: a.vault.entries, device: a.vault.device, isCopied: true }, parts })[0]?.isCopied).toBe(
    true,
  )
  expect(viewDevices({ vault: { ...a.vault, device: undefined }, parts })).toEqual([])
})

function peerIdOf(seed: number): PeerId {
  return createDeviceSigner(new Uint8Array(32).fill(seed)).peerId
}

async function noted(watch: () => ReturnType<typeof openDeviceWatch>) {
  const opened = await watch()
  await opened.note(2_000)
  return opened.devices()
}
