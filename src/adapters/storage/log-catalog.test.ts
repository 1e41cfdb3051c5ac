import { describe, expect, it } from 'vitest'
import { equalBytes, utf8 } from '../../core/bytes.ts'
import { codeOf } from '../../core/errors.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { Files } from '../../ports/files.ts'
import { withFileFaults } from '../memory/faulty-files.ts'
import { createMemoryFiles, type MemoryFiles } from '../memory/memory-files.ts'
import { createSeededRandom } from '../memory/seeded-random.ts'
import type { CatalogHead, CatalogMirror } from './catalog-mirror.ts'
import { createCatalogTables } from './catalog-tables.ts'
import { openLogCatalog, type LogCatalog } from './log-catalog.ts'

describe('a log that was torn or damaged', () => {
  it('holds, wherever the program ends, every commit that was answered and at most one that was not, whole', async () => {
    const total = await bytesOf(threeCommits)
    const first = await bytesOf(async () => {})
    for (let diesAt = first; diesAt <= total; diesAt++) {
      const files = createMemoryFiles()
      const answered: string[] = []
      await openedOver(withFileFaults(files, { diesAt }))
        .then((catalog) => threeCommits(catalog, answered))
        .catch(() => undefined)
      const catalog = await openedOver(files)
      const kept = (await catalog.all('vault')).map(({ key }) => key)
      const expected = ['1a', '1b', '2a', '2b', '3a', '3b']
      const isWhole = kept.length % 2 === 0 && kept.every((key, at) => key === expected[at])
      const isEnough = kept.length >= 2 * answered.length && kept.length <= 2 * answered.length + 2
      expect({ diesAt, isWhole, isEnough }).toEqual({ diesAt, isWhole: true, isEnough: true })
      await catalog.commit([{ table: 'self', key: 'on', value: utf8('and on') }])
      expect(await (await openedOver(files)).get('self', 'on')).toEqual(utf8('and on'))
    }
  })

  it('holds everything when the program ends at any byte of a compaction', async () => {
    const total = await bytesOf(untilCompacted)
    // Five commits of 100 KB, and the one that lives once more: the log was rewritten.
    expect(total).toBeGreaterThan(600_000)
    const coarse = Array.from({ length: 40 }, (_, step) => total - 200_000 + 4999 * step)
    const header = Array.from({ length: 70 }, (_, back) => total - back)
    for (const diesAt of [...coarse, ...header]) {
      const files = createMemoryFiles()
      const answered: number[] = []
      await openedOver(withFileFaults(files, { diesAt }))
        .then((catalog) => untilCompacted(catalog, answered))
        .catch(() => undefined)
      const value = await (await openedOver(files)).get('people', 'a')
      const kept = value?.[0] ?? -1
      const last = answered.at(-1) ?? -1
      expect({ diesAt, isEnough: kept === last || kept === last + 1, length: value?.length }).toEqual({
        diesAt,
        isEnough: true,
        length: 100_000,
      })
    }
  })

  it('loses one commit, not those after it, to a byte flipped in the middle', async () => {
    const files = createMemoryFiles()
    const catalog = await openedOver(files)
    for (const key of ['a', 'b', 'c']) await catalog.commit([{ table: 'vault', key, value: utf8(`value of ${key}`) }])
    await catalog.close()
    flip(files, indexOf(files, utf8('value of b')))
    const again = await openedOver(files)
    expect((await again.all('vault')).map(({ key }) => key)).toEqual(['a', 'c'])
  })

  it('opens whatever byte is flipped, without a value that nobody committed', async () => {
    const files = createMemoryFiles()
    const catalog = await openedOver(files)
    for (const key of ['a', 'b', 'c']) await catalog.commit([{ table: 'vault', key, value: utf8(`value of ${key}`) }])
    await catalog.close()
    const [path = ''] = files.paths()
    const whole = files.contentOf(path).slice()
    for (let at = 0; at < whole.length; at++) {
      const damaged = createMemoryFiles()
      await (
        await damaged.open(path, { create: true })
      ).write(
        0,
        whole.map((byte, place) => (place === at ? byte ^ 0x10 : byte)),
      )
      const records = await openedOver(damaged).then((opened) => opened.all('vault'))
      expect(records.every(({ key, value }) => equalBytes(value, utf8(`value of ${key}`)))).toBe(true)
    }
  })

  it('counts nothing of a commit that a full disk refused, and goes on when there is room', async () => {
    const files = createMemoryFiles()
    const faults: { fullAt?: number } = {}
    const faulty = withFileFaults(files, faults)
    const catalog = await openedOver(faulty)
    await catalog.commit([{ table: 'vault', key: 'a', value: utf8('1') }])
    faults.fullAt = faulty.written() + 20
    const refused = catalog.commit([{ table: 'vault', key: 'b', value: new Uint8Array(1000) }])
    expect(codeOf(await refused.catch((error: unknown) => error))).toBe('storage-full')
    expect(await catalog.get('vault', 'b')).toBeUndefined()
    faults.fullAt = Infinity
    await catalog.commit([{ table: 'vault', key: 'c', value: utf8('3') }])
    await catalog.close()
    expect((await (await openedOver(files)).all('vault')).map(({ key }) => key)).toEqual(['a', 'c'])
  })

  it('begins a new log when the file is taken away under a running program', async () => {
    const files = createMemoryFiles()
    const catalog = await openedOver(files)
    await catalog.commit([{ table: 'vault', key: 'a', value: utf8('1') }])
    await files.removeAll()
    await catalog.commit([{ table: 'vault', key: 'b', value: utf8('2') }])
    await catalog.close()
    expect((await (await openedOver(files)).all('vault')).map(({ key }) => key)).toEqual(['a', 'b'])
  })

  it('stays small however often a record changes', async () => {
    const files = createMemoryFiles()
    const catalog = await openedOver(files)
    for (let turn = 0; turn < 200; turn++) await catalog.commit([{ table: 'self', key: 'mark', value: new Uint8Array(10_000).fill(turn) }])
    expect(files.usedBytes()).toBeLessThan(400_000)
    await catalog.close()
    expect((await (await openedOver(files)).get('self', 'mark'))?.[0]).toBe(199)
  })

  it('refuses the log of a later version of the app and leaves it as it is', async () => {
    const files = createMemoryFiles()
    await (await openedOver(files)).close()
    const [path = ''] = files.paths()
    const { encodeLogHeader } = await import('./log-image.ts')
    expect(
      equalBytes(
        files.contentOf(path).subarray(0, 8),
        encodeLogHeader({ id: new Uint8Array(16), edition: 1, generation: 0, snapshotFrames: 0 }).subarray(0, 8),
      ),
    ).toBe(true)
    const header = files.contentOf(path)
    header[11] = 2
    const { sha256 } = await import('@noble/hashes/sha2.js')
    header.set(sha256(header.subarray(0, 56)).subarray(0, 8), 56)
    const before = files.contentOf(path).slice()
    expect(codeOf(await openedOver(files).catch((error: unknown) => error))).toBe('format-unknown')
    expect(files.contentOf(path)).toEqual(before)
  })
})

describe('a catalog kept twice', () => {
  it('is restored from either copy when the other is lost, damaged or behind', async () => {
    const files = createMemoryFiles()
    const mirror = createMemoryMirror()
    const catalog = await openedOver(files, mirror)
    await catalog.commit([{ table: 'vault', key: 'a', value: utf8('1') }])
    await catalog.close()

    await files.removeAll()
    const fromMirror = await openedOver(files, mirror)
    expect([fromMirror.origin, await fromMirror.get('vault', 'a')]).toEqual(['mirror', utf8('1')])
    await fromMirror.close()

    mirror.clear()
    const fromLog = await openedOver(files, mirror)
    expect([fromLog.origin, await fromLog.get('vault', 'a')]).toEqual(['log', utf8('1')])
    await fromLog.commit([{ table: 'vault', key: 'b', value: utf8('2') }])
    await fromLog.close()

    flip(files, indexOf(files, utf8('b2')))
    const mended = await openedOver(files, mirror)
    expect([mended.origin, await mended.get('vault', 'b')]).toEqual(['mirror', utf8('2')])
    await mended.close()

    const alone = await openedOver(files)
    expect((await alone.all('vault')).map(({ key }) => key)).toEqual(['a', 'b'])
  })

  it('goes on when the mirror fails under it, and refills it as soon as it works', async () => {
    const files = createMemoryFiles()
    const mirror = createMemoryMirror()
    const catalog = await openedOver(files, mirror)
    mirror.isBroken = true
    await catalog.commit([{ table: 'vault', key: 'a', value: utf8('1') }])
    mirror.isBroken = false
    mirror.clear()
    await catalog.commit([{ table: 'vault', key: 'b', value: utf8('2') }])
    await catalog.close()
    const restored = await openedOver(createMemoryFiles(), mirror)
    expect((await restored.all('vault')).map(({ key }) => key)).toEqual(['a', 'b'])
  })

  it('overwrites the mirror of another catalog', async () => {
    const mirror = createMemoryMirror()
    const other = await openedOver(createMemoryFiles(), mirror)
    for (const key of ['x', 'y', 'z']) await other.commit([{ table: 'vault', key, value: utf8(key) }])
    const files = createMemoryFiles()
    const ours = await openLogCatalog({ files, random: createSeededRandom('ours') })
    await ours.commit([{ table: 'vault', key: 'a', value: utf8('1') }])
    await ours.close()
    await (await openedOver(files, mirror)).close()
    const restored = await openedOver(createMemoryFiles(), mirror)
    expect((await restored.all('vault')).map(({ key }) => key)).toEqual(['a'])
  })

  it('starts empty when there is nothing', async () => {
    expect((await openedOver(createMemoryFiles(), createMemoryMirror())).origin).toBe('nothing')
  })
})

function openedOver(files: Files, mirror?: CatalogMirror): Promise<LogCatalog> {
  return openLogCatalog({ files, random: createSeededRandom('catalog'), ...(mirror && { mirror }) })
}

async function threeCommits(catalog: LogCatalog, answered: string[] = []): Promise<void> {
  for (const number of ['1', '2', '3']) {
    await catalog.commit(['a', 'b'].map((key): CatalogChange => ({ table: 'vault', key: `${number}${key}`, value: utf8(key) })))
    answered.push(number)
  }
}

async function untilCompacted(catalog: LogCatalog, answered: number[] = []): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await catalog.commit([{ table: 'people', key: 'a', value: new Uint8Array(100_000).fill(turn) }])
    answered.push(turn)
  }
  // The commit is answered before the log is rewritten.
  await catalog.close()
}

/** Bytes written by opening a fresh catalog and doing `work` with it. */
async function bytesOf(work: (catalog: LogCatalog) => Promise<void>): Promise<number> {
  const files = withFileFaults(createMemoryFiles(), {})
  await work(await openedOver(files))
  return files.written()
}

/** Path and offset at which `bytes` stand. */
function indexOf(files: MemoryFiles, bytes: Uint8Array): readonly [string, number] {
  for (const path of files.paths()) {
    const content = files.contentOf(path)
    for (let at = 0; at + bytes.length <= content.length; at++)
      if (equalBytes(content.subarray(at, at + bytes.length), bytes)) return [path, at]
  }
  throw new RangeError('not on disk')
}

function flip(files: MemoryFiles, [path, at]: readonly [string, number]): void {
  const content = files.contentOf(path)
  content[at] = (content[at] ?? 0) ^ 1
}

/** A mirror in memory that can be broken and cleared, as IndexedDB can. */
function createMemoryMirror(): CatalogMirror & { isBroken: boolean; clear(): void } {
  let head: CatalogHead | undefined
  let tables = createCatalogTables()
  function works(): void {
    if (mirror.isBroken) throw new Error('the database is gone')
  }
  const mirror = {
    isBroken: false,
    clear() {
      head = undefined
      tables = createCatalogTables()
    },
    async head() {
      works()
      return head
    },
    async load() {
      works()
      return tables.records()
    },
    async commit(before: CatalogHead, after: CatalogHead, changes: readonly CatalogChange[]) {
      works()
      if (head?.generation !== before.generation) throw new Error('another state')
      tables.apply(changes)
      head = after
    },
    async replace(next: CatalogHead, records: ReturnType<typeof tables.records>) {
      works()
      mirror.clear()
      tables.apply(records)
      head = next
    },
  }
  return mirror
}
