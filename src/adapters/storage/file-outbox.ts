import { fromHex, hex, utf8, type Bytes } from '../../core/bytes.ts'
import { assert, codeOf, HoardError } from '../../core/errors.ts'
import type { Files } from '../../ports/files.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { createTurns } from '../../flow/turns.ts'
import { useFile } from './use-file.ts'

/** The directory of spools. */
export const OUTBOX_DIRECTORY = 'outbox'
/** Longest name of a spool, in bytes: its hexadecimal form is still a file name everywhere. */
const MAX_NAME_BYTES = 100

/** Returns the outbox under `outbox/`: one file per spool, named by the hexadecimal UTF-8 of its name. Its content is sealed already. */
export function createFileOutbox(files: Files): Outbox {
  const inTurn = createTurns<string>()
  return {
    write: (name, offset, bytes) =>
      inTurn(name, () =>
        useFile(files, pathOf(name), { create: true }, async (file) => {
          const before = await file.length()
          if (offset > before) throw new HoardError('storage-damaged', { name, offset, length: before })
          try {
            await file.write(offset, bytes)
            await file.flush()
          } catch (error) {
            // Cut a half-written part off: the next start would take the file's length for progress.
            await file.truncate(before).catch(() => undefined)
            throw error
          }
        }),
      ),
    async read(name, offset, length, spare) {
      const bytes = await useFile(files, pathOf(name), { create: false }, (file) => file.read(offset, length, spare))
      if (bytes.length !== length) throw new HoardError('storage-damaged', { name, offset, length })
      return bytes
    },
    remove: (name) => inTurn(name, () => files.remove(pathOf(name))),
    async list() {
      const spools: { name: string; length: number }[] = []
      for (const file of await files.list(OUTBOX_DIRECTORY)) {
        const name = nameOf(file)
        if (name === undefined) continue
        const measured = useFile(files, `${OUTBOX_DIRECTORY}/${file}`, { create: false }, (spool) => spool.length())
        const length = await measured.catch((error: unknown) => {
          // It was removed since the folder was read.
          if (codeOf(error) === 'not-found') return undefined
          throw error
        })
        if (length !== undefined) spools.push({ name, length })
      }
      return spools
    },
  }
}

function pathOf(name: string): string {
  const bytes = utf8(name)
  assert(bytes.length > 0 && bytes.length <= MAX_NAME_BYTES, 'the name of a spool is short')
  return `${OUTBOX_DIRECTORY}/${hex(bytes)}`
}

function nameOf(file: string): string | undefined {
  let bytes: Bytes
  try {
    bytes = fromHex(file)
  } catch {
    return undefined
  }
  return new TextDecoder().decode(bytes)
}
