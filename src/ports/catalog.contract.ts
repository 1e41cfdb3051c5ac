import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import type { Catalog } from './catalog.ts'

/** A catalog and a function that stands in for a restart of the program. */
export interface CatalogBench {
  readonly catalog: Catalog
  reopen(): Promise<CatalogBench>
  close(): Promise<void>
}

/** Checks every rule of `Catalog`; `open` returns one whose tables, but for `self`, are empty. */
export function catalogContract(name: string, open: () => Promise<CatalogBench>): void {
  describe(`catalog contract: ${name}`, () => {
    let bench: CatalogBench
    beforeEach(async () => {
      bench = await open()
    })
    afterEach(() => bench.close())

    it('returns what was committed, table by table', async () => {
      await bench.catalog.commit([
        { table: 'vault', key: 'a', value: utf8('1') },
        { table: 'claims', key: 'a', value: utf8('2') },
      ])
      expect(await bench.catalog.get('vault', 'a')).toEqual(utf8('1'))
      expect(await bench.catalog.get('claims', 'a')).toEqual(utf8('2'))
      expect(await bench.catalog.get('people', 'a')).toBeUndefined()
      expect(await bench.catalog.get('vault', 'b')).toBeUndefined()
    })

    it('replaces and deletes, the last change of a key counting', async () => {
      await bench.catalog.commit([{ table: 'vault', key: 'a', value: utf8('1') }])
      await bench.catalog.commit([
        { table: 'vault', key: 'a' },
        { table: 'vault', key: 'b', value: utf8('2') },
        { table: 'vault', key: 'b', value: utf8('3') },
        { table: 'vault', key: 'c' },
      ])
      expect(await bench.catalog.all('vault')).toEqual([{ key: 'b', value: utf8('3') }])
    })

    it('lists a table ordered by key', async () => {
      await bench.catalog.commit(['10', '2', 'ä', '', 'a'].map((key) => ({ table: 'journal', key, value: utf8(key) })))
      expect((await bench.catalog.all('journal')).map(({ key }) => key)).toEqual(['', '10', '2', 'a', 'ä'])
    })

    it('keeps everything over a restart, empty and large values too', async () => {
      const large = new Uint8Array(512 * 1024).map((_, at) => at % 251)
      await bench.catalog.commit([
        { table: 'charters', key: 'empty', value: new Uint8Array() },
        { table: 'charters', key: 'large', value: large },
      ])
      bench = await bench.reopen()
      expect(await bench.catalog.get('charters', 'empty')).toEqual(new Uint8Array())
      expect(await bench.catalog.get('charters', 'large')).toEqual(large)
    })

    it('keeps the order of commits that were made at once', async () => {
      await Promise.all(
        Array.from({ length: 50 }, (_, number) => bench.catalog.commit([{ table: 'people', key: 'a', value: utf8(`${number}`) }])),
      )
      expect(await bench.catalog.get('people', 'a')).toEqual(utf8('49'))
      bench = await bench.reopen()
      expect(await bench.catalog.get('people', 'a')).toEqual(utf8('49'))
    })

    it('lends nobody its own arrays', async () => {
      const value = utf8('mine')
      const committed = bench.catalog.commit([{ table: 'vault', key: 'a', value }])
      value.fill(0)
      await committed
      const read = await bench.catalog.get('vault', 'a')
      expect(read).toEqual(utf8('mine'))
      read?.fill(0)
      expect(await bench.catalog.get('vault', 'a')).toEqual(utf8('mine'))
    })

    it('refuses what is not small as a broken invariant and keeps nothing of that commit', async () => {
      const changes = [
        { table: 'vault', key: 'small', value: utf8('x') },
        { table: 'vault', key: 'huge', value: new Uint8Array(512 * 1024 + 1) },
      ] as const
      await expect(bench.catalog.commit(changes)).rejects.toThrow('broken invariant')
      expect(await bench.catalog.all('vault')).toEqual([])
    })
  })
}
