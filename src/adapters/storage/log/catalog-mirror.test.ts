import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../core/bytes.ts'
import type { CatalogChange } from '../../../ports/catalog.ts'
import type { Files } from '../../../ports/files.ts'
import { createMemoryFiles } from '../../memory/memory-files.ts'
import { flip, indexOf } from '../../memory/damage.rig.ts'
import { createSeededRandom } from '../../memory/seeded-random.ts'
import type { CatalogHead, CatalogMirror } from './catalog-mirror.ts'
import { createCatalogTables } from './catalog-tables.ts'
import { openLogCatalog, type LogCatalog } from './log-catalog.ts'

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

/** Returns a mirror in memory that a test can break and clear, as may happen to IndexedDB. */
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
    async find() {
      works()
      const load = async () => ({ base: { generation: head?.generation ?? 0, records: tables.records() }, parts: [], commits: [] })
      return head && { id: head.id, generation: head.generation, isWhole: true, load }
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
    async close() {},
  }
  return mirror
}
