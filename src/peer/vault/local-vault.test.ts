import { expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { HoardError } from '../../core/errors.ts'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { brandId, type EntryId } from '../../core/vault/entry-id.ts'
import { encodeLayers } from '../../core/vault/layer.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { openLocalVault, type EntryChange, type LocalVault } from './local-vault.ts'
import { createOwnerKeyring } from './owner.ts'

test('VLT26: folders, files, a rename and a move are there after a restart, under the same names', async () => {
  const device = openDevice('tree')
  const { vault } = await device.start()
  await vault.commit([folder(1, 'Holidays'), content(9), file(2, 'sea.jpg', null, 9)])
  await vault.commit([{ id: idOf(2), fields: { name: 'the sea.jpg', parent: idOf(1) } }])
  const again = (await device.start()).vault
  expect(stateBytes(again)).toEqual(stateBytes(vault))
  expect([...again.tree.namesIn(idOf(1)).keys()]).toEqual(['the sea.jpg'])
  expect([again.isIncomplete, again.isCopied]).toEqual([false, false])
})

test('VLT22, VLT26: a rename is one record, and a start reads a number of records that does not grow', async () => {
  const device = openDevice('long')
  const { vault, counted } = await device.start()
  await vault.commit([content(9), file(2, 'photo 0', null, 9)])
  let [folds, mostRows] = [0, 0]
  for (let at = 1; at <= 700; at++) {
    const before = counted.records
    await vault.commit([{ id: idOf(2), fields: { name: `photo ${at} ${'n'.repeat(200)}` } }])
    // The entry and the mark, and what a layer takes in, which is removed.
    if (counted.records - before !== 2) folds++
    if (at % 50 === 0) mostRows = Math.max(mostRows, (await device.look()).rows)
  }
  expect(mostRows).toBeLessThan(300)
  expect(folds).toBeGreaterThan(0)
  expect(folds).toBeLessThan(7)
  expect((await device.look()).layers).toBeLessThan(5)
  const again = (await device.start()).vault
  expect(stateBytes(again)).toEqual(stateBytes(vault))
  await again.commit([{ id: idOf(2), fields: { name: 'last' } }])
  const third = (await device.start()).vault
  expect([...third.tree.namesIn(null).keys()]).toEqual(['last'])
  expect(third.isCopied).toBe(false)
})

test('VLT22: a drop of 2,000 files is one layer, not a log, and later edits go on from it', async () => {
  const device = openDevice('drop')
  const { vault } = await device.start()
  await vault.commit(drop(2000))
  expect(await device.look()).toMatchObject({ rows: 0, layers: 1 })
  await vault.commit([{ id: idOf(5, 7, 1), fields: { name: 'renamed' } }])
  expect(await device.look()).toMatchObject({ rows: 1, layers: 1 })
  const again = (await device.start()).vault
  expect(stateBytes(again)).toEqual(stateBytes(vault))
  expect(again.tree.namesIn(null).size).toBe(2000)
})

test('VLT26: a commit that the disk refuses leaves nothing of itself, in the log or in a layer', async () => {
  const device = openDevice('full')
  const { vault, counted } = await device.start()
  await vault.commit([content(9), file(2, 'first', null, 9)])
  const before = stateBytes(vault)
  counted.isFull = true
  await expect(vault.commit([{ id: idOf(2), fields: { name: 'second' } }])).rejects.toMatchObject({ code: 'storage-full' })
  await expect(vault.commit(drop(2000))).rejects.toMatchObject({ code: 'storage-full' })
  expect(stateBytes(vault)).toEqual(before)
  counted.isFull = false
  expect(await device.look()).toMatchObject({ layers: 0 })
  await vault.commit([{ id: idOf(2), fields: { name: 'third' } }])
  const again = (await device.start()).vault
  expect(stateBytes(again)).toEqual(stateBytes(vault))
  expect(again.isCopied).toBe(false)
})

test('VLT26: a damaged entry keeps nobody from the rest, and the device goes on in a new slot', async () => {
  const device = openDevice('damaged')
  const { vault } = await device.start()
  for (let at = 1; at <= 5; at++) await vault.commit([content(100 + at), file(at, `file ${at}`, null, 100 + at)])
  await device.spoil('vault-log', 2)
  const after = (await device.start()).vault
  expect([after.isIncomplete, after.isCopied]).toEqual([true, true])
  expect([...after.tree.namesIn(null).keys()]).toEqual(['file 1', 'file 2', 'file 4', 'file 5'])
  await after.commit([content(110), file(10, 'file 10', null, 110)])
  const later = (await device.start()).vault
  expect([...later.tree.namesIn(null).keys()].toSorted()).toEqual(['file 1', 'file 10', 'file 2', 'file 4', 'file 5'])
  expect(later.isCopied).toBe(false)
})

test('VLT26: a log that is shorter than the mark says, as of an older copy, goes on in a new slot', async () => {
  const device = openDevice('older')
  const { vault } = await device.start()
  for (let at = 1; at <= 3; at++) await vault.commit([content(100 + at), file(at, `file ${at}`, null, 100 + at)])
  await device.remove('vault-log', 2)
  const after = (await device.start()).vault
  expect([after.isIncomplete, after.isCopied]).toEqual([false, true])
  expect([...after.tree.namesIn(null).keys()]).toEqual(['file 1', 'file 2'])
  await after.commit([content(104), file(4, 'file 4', null, 104)])
  expect([...(await device.start()).vault.tree.namesIn(null).keys()].toSorted()).toEqual(['file 1', 'file 2', 'file 4'])
})

test('VLT26: without one of its layers a vault says that it is not whole, merges nothing, and takes changes', async () => {
  const device = openDevice('layer')
  const { vault } = await device.start()
  await vault.commit(drop(2000))
  await vault.commit([folder(1, 'kept')])
  await device.loseLayers()
  const after = (await device.start()).vault
  expect(after.isIncomplete).toBe(true)
  expect([...after.tree.namesIn(null).keys()]).toEqual(['kept'])
  await after.commit([folder(2, 'also')])
  const later = (await device.start()).vault
  expect(later.isIncomplete).toBe(true)
  expect([...later.tree.namesIn(null).keys()]).toEqual(['kept', 'also'])
})

test('VLT26: a base that cannot be opened is no reason not to start', async () => {
  const device = openDevice('base')
  const { vault } = await device.start()
  await vault.commit(drop(2000))
  await device.spoil('self', 0, 'vault-base')
  const after = (await device.start()).vault
  expect(after.isIncomplete).toBe(true)
  await after.commit([folder(1, 'new')])
  const next = (await device.start()).vault
  expect([...next.tree.namesIn(null).keys()]).toEqual(['new'])
  // A base that was written since does not make it whole.
  await next.commit(drop(2000))
  const later = (await device.start()).vault
  expect([later.tree.namesIn(null).size, later.isIncomplete]).toEqual([2001, true])
})

test('VLT14: a change after a clock that went back still counts as the newer one', async () => {
  const device = openDevice('clock')
  const { vault } = await device.start()
  await vault.commit([folder(1, 'first')])
  device.offset.ms = -3 * 86_400_000
  const { vault: again } = await device.start()
  await again.commit([{ id: idOf(1), fields: { name: 'second' } }])
  expect([...again.tree.namesIn(null).keys()]).toEqual(['second'])
})

/** A device whose disk outlives its starts, and whose catalog counts its writes and can be full. */
function openDevice(seed: string) {
  const files = createMemoryFiles()
  const random = createSeededRandom(seed)
  const running = createVirtualClock()
  const offset = { ms: 0 }
  const clock = { ...running, now: () => running.now() + offset.ms }
  const coder = createCoding(globalThis.crypto.subtle)
  const open = () => openMemoryStorage({ files, random })
  /** The storage of the last start: two that are open at once would write over each other. */
  let disk = open()
  const isLayer = ({ name }: { readonly name: string }): boolean => name.endsWith('.layer')
  const row = async (table: 'vault-log' | 'self', at: number, key?: string) => {
    const { catalog } = await disk
    const rows = (await catalog.all(table)).filter((each) => key === undefined || each.key === key)
    return { catalog, ...rows[at]! }
  }
  return {
    offset,
    async start(): Promise<{ vault: LocalVault; counted: { records: number; isFull: boolean } }> {
      await (await disk).close()
      disk = open()
      const { catalog: whole, outbox, keys } = await disk
      const counted = { records: 0, isFull: false }
      const catalog: Catalog = {
        get: (table, key) => whole.get(table, key),
        all: (table) => whole.all(table),
        async commit(changes) {
          if (counted.isFull) throw new HoardError('storage-full', { object: 'catalog' })
          counted.records += changes.length
          await whole.commit(changes)
        },
      }
      const keyring = createOwnerKeyring({ catalog, random, storageKey: keys.storageKey })
      return { vault: await openLocalVault({ catalog, outbox, clock, random, coder }, keyring), counted }
    },
    async look() {
      const { catalog, outbox } = await disk
      return { rows: (await catalog.all('vault-log')).length, layers: (await outbox.list()).filter(isLayer).length }
    },
    async spoil(table: 'vault-log' | 'self', at: number, key?: string) {
      const found = await row(table, at, key)
      const spoilt = new Uint8Array(found.value)
      spoilt[spoilt.length - 40]! ^= 1
      await found.catalog.commit([{ table, key: found.key, value: spoilt }])
    },
    async remove(table: 'vault-log', at: number) {
      const { catalog, key } = await row(table, at)
      await catalog.commit([{ table, key }])
    },
    async loseLayers() {
      const { outbox } = await disk
      for (const { name } of (await outbox.list()).filter(isLayer)) await outbox.remove(name)
    },
  }
}

/** The state as bytes: one state has one encoding. SPEC VLT21. */
function stateBytes({ entries }: LocalVault) {
  return encodeLayers(entries.values())
}

function idOf(...bytes: readonly number[]): EntryId {
  return brandId<EntryId>(Uint8Array.from({ length: 16 }, (_, at) => bytes[at] ?? 0))
}

function folder(id: number, name: string): EntryChange {
  return { id: idOf(id), fields: { name, parent: null, folder: 1 } }
}

function content(id: number): EntryChange {
  return { id: idOf(id), fields: { key: { fileKey: brandBytes<FileKey>(new Uint8Array(32).fill(id)), size: 10 } } }
}

function file(id: number, name: string, parent: EntryId | null, of: number): EntryChange {
  const version = { content: idOf(of), offset: 0, size: 10, type: '', at: 5 }
  return { id: idOf(id), fields: { name, parent, version } }
}

/** A drop of so many files in one content. */
function drop(count: number): readonly EntryChange[] {
  const version = { content: idOf(250), offset: 0, size: 10, type: 'image/jpeg', at: 5 }
  const files = Array.from({ length: count }, (_, at) => ({
    id: idOf(at & 255, at >> 8, 1),
    fields: { name: `photo ${at}.jpg`, parent: null, version },
  }))
  return [content(250), ...files]
}
