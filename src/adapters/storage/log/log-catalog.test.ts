import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it, test } from 'vitest'
import { equalBytes, hex, utf8 } from '../../../core/bytes.ts'
import type { CatalogChange } from '../../../ports/catalog.ts'
import type { Files } from '../../../ports/files.ts'
import { withFileFaults } from '../../memory/faulty-files.ts'
import { createMemoryFiles, type MemoryFiles } from '../../memory/memory-files.ts'
import { flip, indexOf } from '../../memory/damage.rig.ts'
import { createSeededRandom } from '../../memory/seeded-random.ts'
import { openLogCatalog, type LogCatalog } from './log-catalog.ts'
import { encodeFrame } from './log-frames.ts'
import { encodeLogHeader, LOG_HEADER_BYTES } from './log-image.ts'
import { codeOf } from '../../../core/errors.ts'

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
    // Five commits of 100 KB, and the live value once more: the log was rewritten.
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

  it('[DSK3] is refused when a commit in the middle is damaged, untouched, and a salvage goes on with those before and after it', async () => {
    const files = createMemoryFiles()
    const catalog = await openedOver(files)
    for (const key of ['a', 'b', 'c']) await catalog.commit([{ table: 'vault', key, value: utf8(`value of ${key}`) }])
    await catalog.close()
    flip(files, indexOf(files, utf8('value of b')))
    const before = imageOf(files)
    const refused: unknown = await openedOver(files).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'storage-damaged', facts: { what: 'catalog', reason: 'incomplete' } })
    expect(imageOf(files)).toEqual(before)
    const salvaged = await openLogCatalog({ files, random: createSeededRandom('catalog'), salvage: true })
    expect((await salvaged.all('vault')).map(({ key }) => key)).toEqual(['a', 'c'])
    await salvaged.close()
    expect((await (await openedOver(files)).all('vault')).map(({ key }) => key)).toEqual(['a', 'c'])
  })

  it('[DSK3] is refused or a state that was answered, whatever byte is flipped, and never a value that nobody committed', async () => {
    const files = createMemoryFiles()
    const catalog = await openedOver(files)
    for (const key of ['a', 'b', 'c']) await catalog.commit([{ table: 'vault', key, value: utf8(`value of ${key}`) }])
    await catalog.close()
    const [path = ''] = files.paths()
    for (let at = 0; at < files.contentOf(path).length; at++) {
      const damaged = await copied(files)
      flip(damaged, [path, at])
      const opened = await openedOver(damaged).catch((error: unknown) => codeOf(error))
      const kept = typeof opened === 'object' ? (await opened.all('vault')).map(({ key, value }) => `${key} ${hex(value)}`) : opened
      const states = [['a'], ['a', 'b'], ['a', 'b', 'c']].map((keys) => keys.map((key) => `${key} ${hex(utf8(`value of ${key}`))}`))
      expect(['storage-damaged', [], ...states]).toContainEqual(kept)
    }
  })

  it('[DSK2] takes nothing for a commit that a stranger has put into a value', async () => {
    const files = createMemoryFiles()
    const catalog = await openedOver(files)
    const forged = encodeFrame({ generation: 99, changes: [{ table: 'self', key: 'peer-key', value: utf8('forged') }] }, new Uint8Array())
    await catalog.commit([{ table: 'vault', key: 'a', value: utf8('1') }])
    await catalog.commit([{ table: 'claims', key: 'b', value: forged }])
    await catalog.close()
    // Tear the end of that commit, and with it its checksum: then only the forged frame inside would be readable.
    const [path, at] = indexOf(files, forged)
    flip(files, [path, at - 3])
    const again = await openedOver(files)
    expect(await again.get('self', 'peer-key')).toBeUndefined()
    expect((await again.all('vault')).map(({ key }) => key)).toEqual(['a'])
  })

  it('reads a log of version 1 and goes on with it in version 2', async () => {
    const files = createMemoryFiles()
    await (await files.open('catalog/log-1', { create: true })).write(0, oldLog())
    const catalog = await openedOver(files)
    expect((await catalog.all('vault')).map(({ key }) => key)).toEqual(['a', 'b'])
    await catalog.commit([{ table: 'vault', key: 'c', value: utf8('3') }])
    await catalog.close()
    expect(files.paths()).toEqual(['catalog/log-0'])
    expect((await (await openedOver(files)).all('vault')).map(({ key }) => key)).toEqual(['a', 'b', 'c'])
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
    expect(
      equalBytes(
        files.contentOf(path).subarray(0, 8),
        encodeLogHeader({ id: new Uint8Array(16), edition: 1, generation: 0, snapshotFrames: 0 }).subarray(0, 8),
      ),
    ).toBe(true)
    const header = files.contentOf(path)
    header[11] = 3
    header.set(sha256(header.subarray(0, 56)).subarray(0, 8), 56)
    const before = files.contentOf(path).slice()
    expect(codeOf(await openedOver(files).catch((error: unknown) => error))).toBe('format-unknown')
    expect(files.contentOf(path)).toEqual(before)
  })
})

test('a commit is answered whatever the moment at which it comes during a compaction and after it', async () => {
  const catalog = await openedOver(createMemoryFiles())
  let timer: ReturnType<typeof setTimeout> | undefined
  for (let steps = 0; steps < 300; steps++) {
    // Each of these has the log rewritten, once it is answered.
    for (let fill = 0; fill < 3; fill++) await catalog.commit([{ table: 'people', key: 'a', value: new Uint8Array(100_000).fill(fill) }])
    for (let step = 0; step < steps; step++) await Promise.resolve()
    const answered = catalog.commit([{ table: 'self', key: 'b', value: Uint8Array.of(steps & 255) }]).then(() => 'answered')
    const isOver = new Promise((resolve) => (timer = setTimeout(resolve, 5_000, 'forgotten')))
    expect({ steps, is: await Promise.race([answered, isOver]) }).toEqual({ steps, is: 'answered' })
    clearTimeout(timer)
  }
})

function openedOver(files: Files): Promise<LogCatalog> {
  return openLogCatalog({ files, random: createSeededRandom('catalog') })
}

async function threeCommits(catalog: LogCatalog, answered: string[] = []): Promise<void> {
  for (const number of ['1', '2', '3']) {
    await catalog.commit(['a', 'b'].map((key): CatalogChange => ({ table: 'vault', key: `${number}${key}`, value: utf8(key) })))
    answered.push(number)
  }
}

/** Writes until the log has been rewritten. */
async function untilCompacted(catalog: LogCatalog, answered: number[] = []): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await catalog.commit([{ table: 'people', key: 'a', value: new Uint8Array(100_000).fill(turn) }])
    answered.push(turn)
  }
  // The commit is acknowledged before the log is rewritten.
  await catalog.close()
}

/** Returns the bytes written by opening a fresh catalog and doing `work` with it. */
async function bytesOf(work: (catalog: LogCatalog) => Promise<void>): Promise<number> {
  const files = withFileFaults(createMemoryFiles(), {})
  await work(await openedOver(files))
  return files.written()
}

/** Returns every file with its bytes, as text. */
function imageOf(files: MemoryFiles): Readonly<Record<string, string>> {
  return Object.fromEntries(files.paths().map((path) => [path, hex(files.contentOf(path))]))
}

async function copied(files: MemoryFiles): Promise<MemoryFiles> {
  const copy = createMemoryFiles()
  for (const path of files.paths()) await (await copy.open(path, { create: true })).write(0, files.contentOf(path).slice())
  return copy
}

/** Returns a log of the version before the salt: a snapshot with 'a', then a commit of 'b'. */
function oldLog(): Uint8Array {
  const header = encodeLogHeader({ id: new Uint8Array(16).fill(5), edition: 1, generation: 4, snapshotFrames: 1 })
  header[11] = 1
  header.set(sha256(header.subarray(0, LOG_HEADER_BYTES - 8)).subarray(0, 8), LOG_HEADER_BYTES - 8)
  const frames = ['a', 'b'].map((key, at) =>
    encodeFrame({ generation: 4 + at, changes: [{ table: 'vault', key, value: utf8(key) }] }, new Uint8Array()),
  )
  return new Uint8Array([...header, ...frames.flatMap((frame) => [...frame])])
}
