import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import type { Outbox } from './outbox.ts'
import { codeOf } from '../core/errors.ts'

/** An outbox and a function that stands in for a restart of the program. */
export interface OutboxBench {
  readonly outbox: Outbox
  reopen(): Promise<OutboxBench>
  close(): Promise<void>
}

/** Checks every rule of `Outbox`; `open` returns an empty one each time. */
export function outboxContract(name: string, open: () => Promise<OutboxBench>): void {
  describe(`outbox contract: ${name}`, () => {
    let bench: OutboxBench
    beforeEach(async () => {
      bench = await open()
    })
    afterEach(() => bench.close())

    it('reads back what was spooled, over a restart too', async () => {
      await bench.outbox.write('file/one', 0, utf8('hello '))
      await bench.outbox.write('file/one', 6, utf8('world'))
      expect(await bench.outbox.read('file/one', 3, 6)).toEqual(utf8('lo wor'))
      bench = await bench.reopen()
      expect(await bench.outbox.read('file/one', 0, 11)).toEqual(utf8('hello world'))
      expect(await bench.outbox.list()).toEqual([{ name: 'file/one', length: 11 }])
    })

    it('writes again over what is there', async () => {
      await bench.outbox.write('a', 0, utf8('abcdef'))
      await bench.outbox.write('a', 2, utf8('XY'))
      expect(await bench.outbox.read('a', 0, 6)).toEqual(utf8('abXYef'))
    })

    it('refuses a gap and a read beyond the end as storage-damaged', async () => {
      await bench.outbox.write('a', 0, utf8('abc'))
      expect(await codeOfRejection(bench.outbox.write('a', 4, utf8('x')))).toBe('storage-damaged')
      expect(await codeOfRejection(bench.outbox.read('a', 1, 3))).toBe('storage-damaged')
    })

    it('keeps spools apart and frees them', async () => {
      for (const spool of ['a', 'b', 'ü']) await bench.outbox.write(spool, 0, utf8(spool))
      await bench.outbox.remove('a')
      await bench.outbox.remove('a')
      expect((await bench.outbox.list()).map((spool) => spool.name).sort()).toEqual(['b', 'ü'])
      expect(await codeOfRejection(bench.outbox.read('a', 0, 1))).toBe('not-found')
    })
  })
}

async function codeOfRejection(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => 'no error',
    (error: unknown) => codeOf(error),
  )
}
