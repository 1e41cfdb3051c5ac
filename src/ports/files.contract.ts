import { beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import type { Files } from './files.ts'
import { codeOf } from '../core/errors.ts'

/** Checks every rule of `Files`; `open` returns an empty one each time. */
export function filesContract(name: string, open: () => Promise<Files>): void {
  describe(`files contract: ${name}`, () => {
    let files: Files
    beforeEach(async () => {
      files = await open()
    })

    it('reads what was written, at any offset, and less at the end', async () => {
      const file = await files.open('room/a', { create: true })
      await file.write(0, utf8('hello world'))
      await file.write(6, utf8('W'))
      await file.flush()
      expect(await file.length()).toBe(11)
      expect(await file.read(4, 4)).toEqual(utf8('o Wo'))
      expect(await file.read(8, 100)).toEqual(utf8('rld'))
      expect(await file.read(11, 5)).toEqual(new Uint8Array())
      expect(await file.read(500, 5)).toEqual(new Uint8Array())
      await file.close()
    })

    it('fills a gap before a write with zeros', async () => {
      const file = await files.open('room/a', { create: true })
      await file.write(3, utf8('x'))
      expect(await file.read(0, 10)).toEqual(new Uint8Array([0, 0, 0, 120]))
      await file.close()
    })

    it('cuts and extends with zeros, and forgets what was cut', async () => {
      const file = await files.open('room/a', { create: true })
      await file.write(0, utf8('abcdef'))
      await file.truncate(2)
      await file.truncate(4)
      expect(await file.read(0, 10)).toEqual(new Uint8Array([97, 98, 0, 0]))
      await file.close()
    })

    it('keeps a file after it was closed and opens it again without making it anew', async () => {
      const first = await files.open('room/a', { create: true })
      await first.write(0, utf8('kept'))
      await first.close()
      const again = await files.open('room/a', { create: true })
      expect(await again.read(0, 4)).toEqual(utf8('kept'))
      await again.close()
    })

    it('serves two openings of one file at once', async () => {
      const one = await files.open('room/a', { create: true })
      const two = await files.open('room/a', { create: false })
      await one.write(0, utf8('seen'))
      expect(await two.read(0, 4)).toEqual(utf8('seen'))
      await one.close()
      expect(await two.length()).toBe(4)
      await two.close()
    })

    it('does not find what is not there', async () => {
      expect(codeOf(await files.open('room/nobody', { create: false }).catch((error: unknown) => error))).toBe('not-found')
      expect(codeOf(await files.open('nowhere/nobody', { create: false }).catch((error: unknown) => error))).toBe('not-found')
      expect(await files.list('nowhere')).toEqual([])
      await files.remove('nowhere/nobody')
    })

    it('lists the files of one directory and removes them one by one or all', async () => {
      for (const path of ['room/a', 'room/b', 'other/c']) await (await files.open(path, { create: true })).close()
      expect([...(await files.list('room'))].sort()).toEqual(['a', 'b'])
      await files.remove('room/a')
      expect(await files.list('room')).toEqual(['b'])
      await files.removeAll()
      expect(await files.list('room')).toEqual([])
      expect(await files.list('other')).toEqual([])
    })

    it('keeps many files open at once', async () => {
      const opened = await Promise.all(Array.from({ length: 300 }, (_, number) => files.open(`many/${number}`, { create: true })))
      await Promise.all(opened.map((file, number) => file.write(0, utf8(`file ${number}`))))
      const read = await Promise.all(opened.map((file) => file.read(0, 20)))
      expect(read.every((bytes, number) => new TextDecoder().decode(bytes) === `file ${number}`)).toBe(true)
      await Promise.all(opened.map((file) => file.close()))
    })
  })
}
