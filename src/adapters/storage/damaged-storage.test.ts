import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex } from '../../core/bytes.ts'
import { keep } from '../../ports/shard-store.contract.ts'
import { createMemoryFiles, type MemoryFiles } from '../memory/memory-files.ts'
import { createSeededRandom } from '../memory/seeded-random.ts'
import { createVirtualClock } from '../memory/virtual-clock.ts'
import { createLogMirror } from './log/log-mirror.ts'
import { openStorage, type DeviceStorage } from './open-storage.ts'
import { codeOf } from '../../core/errors.ts'

/** A device that has stopped, and every state of its catalog that was acknowledged, the last one last. */
interface Stopped {
  readonly files: MemoryFiles
  readonly peerKey: string
  readonly states: readonly string[]
}

type Damage = (files: MemoryFiles, path: string) => Promise<void>
/** The range of a file to damage, as shares of its length. */
type Range = readonly [from: number, to: number]

const damages: Readonly<Record<string, (range: Range) => Damage>> = {
  zeroed: (range) => (files, path) => change(files, path, (bytes) => spoil(bytes, range, () => 0)),
  flipped: (range) => (files, path) => change(files, path, (bytes) => spoil(bytes, range, (byte) => byte ^ 0x40)),
  'cut off':
    ([from]) =>
    (files, path) =>
      change(files, path, (bytes) => bytes.slice(0, Math.floor(from * bytes.length))),
  empty: () => (files, path) => change(files, path, () => new Uint8Array()),
  gone: () => (files, path) => files.remove(path),
}
const damageOf = fc
  .record({
    kind: fc.constantFrom(...Object.keys(damages)),
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ kind, from, share }) => {
    const make = damages[kind] ?? (() => async () => undefined)
    const damage = make([from, Math.min(1, from + share)])
    return Object.assign((files: MemoryFiles, path: string) => damage(files, path), { toString: () => `${kind} ${from} ${share}` })
  })
/** Sizes of values, one for each commit: some make the log so long that it is rewritten. */
const commitsOf = fc.array(fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constant(150_000)), { minLength: 1, maxLength: 8 })

describe('a device of which one copy of the catalog is damaged', () => {
  it('[DSK1] is the same with everything that was answered, and has two whole copies again', () =>
    fc.assert(
      fc.asyncProperty(commitsOf, damageOf, fc.constantFrom('catalog', 'catalog-copy'), async (sizes, damage, directory) => {
        const { files, peerKey, states } = await deviceWith(sizes)
        for (const path of logsIn(files, directory)) await damage(files, path)
        const healed = await openOver(files)
        const isWhole = hex(healed.keys.peerKey) === peerKey && (await stateOf(healed)) === states.at(-1)
        await healed.close()
        for (const lost of ['catalog', 'catalog-copy']) {
          const alone = await copied(files)
          for (const path of logsIn(alone, lost)) await alone.remove(path)
          const again = await openOver(alone)
          if (hex(again.keys.peerKey) !== peerKey || (await stateOf(again)) !== states.at(-1)) return false
        }
        return isWhole
      }),
      { numRuns: 100 },
    ))

  it('[DSK1] goes on with what is newest when one copy is an old one or that of another device', async () => {
    const old = await deviceWith([10, 20])
    const { files, peerKey, states } = await deviceWith([10, 20, 30, 40])
    const other = await deviceWith([1], 'other')
    for (const [from, directory] of [
      [old, 'catalog'],
      [old, 'catalog-copy'],
      [other, 'catalog'],
      [other, 'catalog-copy'],
    ] as const) {
      const mixed = await copied(files)
      for (const path of logsIn(mixed, directory)) await mixed.remove(path)
      for (const path of logsIn(from.files, directory)) await write(mixed, path, from.files.contentOf(path))
      const healed = await openOver(mixed)
      expect([directory, hex(healed.keys.peerKey), await stateOf(healed)]).toEqual([directory, peerKey, states.at(-1)])
      expect((await healed.shards.list()).length).toBe(1)
    }
  })
})

describe('a device of which both copies of the catalog are damaged', () => {
  it('[DSK2] refuses and leaves every byte as it is, or goes on with a state that was answered, never as another device', () =>
    fc.assert(
      fc.asyncProperty(commitsOf, damageOf, damageOf, async (sizes, damage, other) => {
        const { files, peerKey, states } = await deviceWith(sizes)
        for (const path of logsIn(files, 'catalog')) await damage(files, path)
        for (const path of logsIn(files, 'catalog-copy')) await other(files, path)
        const before = imageOf(files)
        const opened = await openOver(files).catch((error: unknown) => error)
        if (!isStorage(opened)) return codeOf(opened) === 'storage-damaged' && imageOf(files) === before
        const isSame = hex(opened.keys.peerKey) === peerKey && states.includes(await stateOf(opened))
        return isSame && (await opened.shards.list()).length === 1 && (await opened.outbox.list()).length === 1
      }),
      { numRuns: 100 },
    ))

  it('[DSK2] loses nothing when what is missing in one copy is in the other', async () => {
    const { files, peerKey, states } = await deviceWith([50, 50, 50, 50, 50, 50])
    const [log = '', copy = ''] = [...logsIn(files, 'catalog'), ...logsIn(files, 'catalog-copy')]
    await damages['zeroed']?.([0.45, 0.55])(files, log)
    await damages['cut off']?.([0.75, 1])(files, copy)
    const healed = await openOver(files)
    expect([hex(healed.keys.peerKey), await stateOf(healed)]).toEqual([peerKey, states.at(-1)])
  })

  it.each(['empty', 'zeroed', 'gone'])('[DSK2] refuses when both are %s and pieces are there, whatever else is missing', async (kind) => {
    for (const missing of ['outbox', 'slabs', 'nothing']) {
      const { files } = await deviceWith([10])
      for (const path of files.paths()) if (path.startsWith(missing)) await files.remove(path)
      for (const path of [...logsIn(files, 'catalog'), ...logsIn(files, 'catalog-copy')]) await damages[kind]?.([0, 1])(files, path)
      const before = imageOf(files)
      const refused: unknown = await openOver(files).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'storage-damaged', facts: { what: 'catalog', reason: 'unreadable' } })
      expect(imageOf(files)).toBe(before)
    }
  })

  it('[DSK2] refuses also when there is nothing but the damaged copies', async () => {
    for (const kind of ['empty', 'zeroed']) {
      const { files } = await deviceWith([10])
      for (const path of files.paths()) if (!path.startsWith('catalog')) await files.remove(path)
      for (const path of files.paths()) await damages[kind]?.([0, 1])(files, path)
      expect(codeOf(await openOver(files).catch((error: unknown) => error))).toBe('storage-damaged')
    }
  })

  it('[DSK2] begins anew where its first start was cut, since nobody was told of anything', async () => {
    const files = createMemoryFiles()
    await write(files, 'catalog/first-start', new Uint8Array())
    await write(files, 'catalog/log-1', new Uint8Array(64))
    const begun = await openOver(files)
    const peerKey = hex(begun.keys.peerKey)
    await begun.close()
    expect(files.paths().toSorted()).toEqual(['catalog-copy/log-1', 'catalog/log-1'])
    expect(hex((await openOver(files)).keys.peerKey)).toBe(peerKey)
  })

  it('[DSK4] refuses a catalog under which nothing of what is kept can be read', async () => {
    const { files } = await deviceWith([10])
    const other = await deviceWith([10], 'other')
    for (const directory of ['catalog', 'catalog-copy']) {
      for (const path of logsIn(files, directory)) await files.remove(path)
      for (const path of logsIn(other.files, directory)) await write(files, path, other.files.contentOf(path))
    }
    const before = imageOf(files)
    expect(await openOver(files).catch((error: unknown) => error)).toMatchObject({ facts: { what: 'catalog', reason: 'foreign' } })
    expect(imageOf(files)).toBe(before)
  })
})

function openOver(files: MemoryFiles, seed = 'fresh'): Promise<DeviceStorage> {
  const parts = { subtle: globalThis.crypto.subtle, random: createSeededRandom(seed), clock: createVirtualClock() }
  return openStorage({ files, mirror: createLogMirror(files), ...parts })
}

/** Makes a device with a shard, a spool and as many commits as there are sizes. */
async function deviceWith(sizes: readonly number[], seed = 'device'): Promise<Stopped> {
  const files = createMemoryFiles()
  const storage = await openOver(files, seed)
  const states = [await stateOf(storage)]
  await keep(storage.shards, 1, 500)
  await storage.outbox.write('spool', 0, new Uint8Array(100))
  for (const [at, size] of sizes.entries()) {
    const value = new Uint8Array(size).map((_byte, place) => (place * (at + 7)) >> 3)
    await storage.catalog.commit([{ table: 'vault', key: size > 1000 ? 'large' : `${at}`, value }])
    states.push(await stateOf(storage))
  }
  await storage.close()
  return { files, peerKey: hex(storage.keys.peerKey), states }
}

/** Returns the whole content of the catalog, as text. */
async function stateOf({ catalog }: DeviceStorage): Promise<string> {
  const tables = await Promise.all((['self', 'vault'] as const).map((table) => catalog.all(table)))
  return tables.map((records) => records.map(({ key, value }) => `${key} ${digest(value)}`).join('\n')).join('\n')
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function isStorage(opened: unknown): opened is DeviceStorage {
  return typeof opened === 'object' && opened !== null && 'catalog' in opened
}

function logsIn(files: MemoryFiles, directory: string): readonly string[] {
  return files.paths().filter((path) => path.startsWith(`${directory}/`))
}

function imageOf(files: MemoryFiles): string {
  const paths = files.paths().toSorted()
  return paths.map((path) => `${path} ${digest(files.contentOf(path))}`).join('\n')
}

async function write(files: MemoryFiles, path: string, bytes: Uint8Array): Promise<void> {
  await files.remove(path)
  await (await files.open(path, { create: true })).write(0, bytes.slice())
}

async function change(files: MemoryFiles, path: string, work: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await write(files, path, work(files.contentOf(path).slice()))
}

function spoil(bytes: Uint8Array, [from, to]: Range, work: (byte: number) => number): Uint8Array {
  return bytes.map((byte, at) => (at >= from * bytes.length && at <= to * bytes.length ? work(byte) : byte))
}

async function copied(files: MemoryFiles): Promise<MemoryFiles> {
  const copy = createMemoryFiles()
  for (const path of files.paths()) await write(copy, path, files.contentOf(path))
  return copy
}
