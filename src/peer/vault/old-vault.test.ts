import { expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { fromHex } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { idFromHex } from '../../core/vault/entry-id.ts'
import { currentVersion, kindOf } from '../../core/vault/entry.ts'
import { groupSaltsOf } from '../../core/vault/fields.ts'
import { encodeLayers } from '../../core/vault/layer.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { pathOf } from './folders.ts'
import { openLocalVault, type LocalVault } from './local-vault.ts'
import { hasOldLog } from './log-rows.ts'
import { importOldVault } from './old-vault.ts'
import { writeOldLog, type OldChange } from './old-vault.rig.ts'
import { createOwnerKeyring } from './owner.ts'

const LONG = 600
const few: readonly OldChange[] = [
  { id: idOf(1), fields: { name: 'alone', type: 'text/plain', folder: '', size: 10, addedAt: 50, fileKey: keyOf(1) } },
  { id: idOf(2), fields: { size: 11, addedAt: 60, fileKey: keyOf(2) } },
  { id: idOf(3), fields: { name: 'one', folder: 'a/b', size: 5, addedAt: 60, pack: { entry: fromHex(idOf(2)), offset: 0, length: 5 } } },
  { id: idOf(4), fields: { name: 'two', folder: 'a', size: 6, addedAt: 60, pack: { entry: fromHex(idOf(2)), offset: 5, length: 6 } } },
  {
    id: idOf(1),
    fields: {
      code: { k: 2, m: 5, n: 8 },
      groups: [7, 8].map((first) => ({ salt16: new Uint8Array(16).fill(first), records: first === 7 ? 224 : 3 })),
      link: { salt: new Uint8Array(16).fill(9), fileKey: keyOf(9) },
    },
  },
  { id: idOf(5), fields: { name: 'gone', size: 7, addedAt: 70, fileKey: keyOf(5) } },
  { id: idOf(5), fields: { deletedAt: 90 } },
]

test('[VLT11] files, packs, folders, links and ended contents of the log before folders are there, and that log is not', async () => {
  const device = openDevice()
  await device.write(few)
  const { vault, rows } = await device.start()
  expect(await rows()).toBe(0)
  expect(shown(vault)).toEqual(['/alone', 'a/b/one', 'a/two'])
  const content = vault.entries.get(idFromHex(idOf(1)))
  expect(content?.key?.value).toEqual({ fileKey: keyOf(1), size: 10 })
  expect(content?.layout?.value).toMatchObject({ k: 2, m: 5, n: 8, records: [224, 3] })
  expect(content?.layout && groupSaltsOf(content.layout.value)).toEqual([new Uint8Array(16).fill(7), new Uint8Array(16).fill(8)])
  const alone = fileNamed(vault, 'alone')
  expect(currentVersion(alone)).toMatchObject({ id: { ms: 50 }, value: { content: idFromHex(idOf(1)), offset: 0, size: 10, at: 50 } })
  const link = [...vault.entries.values()].find((entry) => kindOf(entry) === 'link')
  expect(link?.link?.value).toMatchObject({ files: [alone.id], contents: [idFromHex(idOf(1))], salt: new Uint8Array(16).fill(9) })
  // Members of a pack keep their ids; the deleted file's content has ended, and nothing names it.
  expect(currentVersion(fileNamed(vault, 'two'))?.value).toMatchObject({ content: idFromHex(idOf(2)), offset: 5, size: 6 })
  expect(vault.entries.get(idFromHex(idOf(5)))).toMatchObject({ ended: { value: 90, stamp: { ms: 90 } } })
  expect(vault.names.unnamed.size).toBe(0)
  // What is there is not written again.
  const again = await device.start()
  expect(encodeLayers(again.vault.entries.values())).toEqual(encodeLayers(vault.entries.values()))
})

test.each([
  ['some entries', few],
  ['a layer', many()],
] as const)('[VLT26] a crash in front of or behind any commit of the import of %s leaves one of the two, whole', async (_name, old) => {
  const whole = openDevice()
  await whole.write(old)
  const { vault: expected, counted: all } = await whole.start()
  expect(all.commits).toBeGreaterThan(0)
  for (let last = 0; last < all.commits; last++) {
    for (const side of ['in front of', 'behind'] as const) {
      const device = openDevice()
      await device.write(old)
      await expect(device.start({ last, side })).rejects.toMatchObject({ code: 'storage-unavailable' })
      const { vault, rows } = await device.start()
      expect([last, side, shown(vault).length, await rows()]).toEqual([last, side, shown(expected).length, 0])
      expect([vault.isIncomplete, vault.isCopied]).toEqual([false, false])
    }
  }
})

test('a log before folders that is damaged, or shorter than it was, is said to be, and stays as it is', async () => {
  for (const harm of ['an entry changed', 'the last entry gone', 'an entry between gone', 'all of it gone'] as const) {
    const device = openDevice()
    await device.write(few, 1)
    const { catalog } = await device.open()
    const rows = await catalog.all('vault')
    const key = (at: number): string => rows.at(at)?.key ?? ''
    if (harm === 'an entry changed') {
      const value = rows[1]?.value.with(40, 1) ?? new Uint8Array()
      await catalog.commit([{ table: 'vault', key: key(1), value: new Uint8Array(value) }])
    } else if (harm === 'the last entry gone') await catalog.commit([{ table: 'vault', key: key(-1) }])
    else if (harm === 'an entry between gone') await catalog.commit([{ table: 'vault', key: key(1) }])
    else await catalog.commit(rows.map((each) => ({ table: 'vault', key: each.key })))
    const left = (await catalog.all('vault')).length
    await expect(device.start()).rejects.toMatchObject({ code: 'storage-damaged' })
    await expect(device.start()).rejects.toMatchObject({ code: 'storage-damaged' })
    expect([harm, (await (await device.open()).catalog.all('vault')).length]).toEqual([harm, left])
  }
})

/** So many that they are written as a layer at once. */
function many(): readonly OldChange[] {
  return Array.from({ length: LONG }, (_, at) => ({
    id: idOf(at + 1),
    fields: {
      name: `photo ${at}.jpg`,
      type: 'image/jpeg',
      folder: `album ${at % 7}`,
      size: 10 + at,
      addedAt: at,
      fileKey: keyOf(at % 200),
    },
  }))
}

function idOf(number: number): string {
  return number.toString(16).padStart(32, '0')
}

function keyOf(first: number): FileKey {
  return brandBytes<FileKey>(new Uint8Array(32).fill(first))
}

/** Returns the paths of all files that the tree shows. */
function shown(vault: LocalVault): readonly string[] {
  const files = [...vault.entries.values()].filter((entry) => kindOf(entry) === 'file')
  return files.map(({ id, name }) => `${pathOf(vault, vault.tree.folderOf(id) ?? null)}/${name?.value}`).toSorted()
}

function fileNamed(vault: LocalVault, name: string) {
  const found = [...vault.entries.values()].find((entry) => kindOf(entry) === 'file' && entry.name?.value === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}

/** A device whose disk outlives its starts. */
function openDevice() {
  let files = createMemoryFiles()
  /** What a page that died left on the disk: what its storage has begun goes on over the other one. */
  let left: { readonly path: string; readonly bytes: Uint8Array }[] = []
  const random = createSeededRandom('device')
  const clock = createVirtualClock()
  const open = async () => {
    if (left.length > 0) files = createMemoryFiles()
    for (const { path, bytes } of left.splice(0)) await (await files.open(path, { create: true })).write(0, bytes)
    const { catalog, outbox, keys } = await openMemoryStorage({ files, random })
    return { catalog, outbox, keyring: createOwnerKeyring({ catalog, random, storageKey: keys.storageKey }) }
  }
  return {
    open,
    /** Writes the log as an earlier version of the app did. */
    async write(changes: readonly OldChange[], together?: number) {
      const { catalog, keyring } = await open()
      await writeOldLog(catalog, await keyring.ensure(), changes, together)
    },
    /** Opens the vault, the old one imported; the page dies in front of or behind a commit. */
    async start(end: { readonly last: number; readonly side: 'in front of' | 'behind' } = { last: Infinity, side: 'behind' }) {
      const { catalog: whole, outbox, keyring } = await open()
      const counted = { commits: 0 }
      let fail = (_error: HoardError): void => undefined
      const dying = new Promise<never>((_resolve, reject) => (fail = reject))
      const die = (): Promise<never> => {
        left = files.paths().map((path) => ({ path, bytes: files.contentOf(path).slice() }))
        fail(new HoardError('storage-unavailable'))
        return new Promise(() => undefined)
      }
      const catalog: Catalog = {
        get: (table, key) => whole.get(table, key),
        all: (table) => whole.all(table),
        async commit(changes) {
          const isLast = counted.commits++ >= end.last
          if (isLast && end.side === 'in front of') return die()
          await whole.commit(changes)
          return isLast ? die() : undefined
        },
      }
      const parts = { catalog, outbox, random, clock, coder: createCoding(crypto.subtle), policy: defaultPolicy }
      const importing = openLocalVault(parts, keyring).then(async (opened) => {
        if (await hasOldLog(catalog)) await importOldVault(parts, opened, keyring)
        return opened
      })
      const vault = await Promise.race([importing, dying])
      return { vault, counted, rows: async () => (await whole.all('vault')).length }
    },
  }
}
