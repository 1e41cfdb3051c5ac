import { equalBytes, type Bytes } from '../../../core/bytes.ts'
import { HoardError } from '../../../core/errors.ts'
import type { Files } from '../../../ports/files.ts'
import type { CatalogHead, CatalogMirror } from './catalog-mirror.ts'
import { copyOf, findLogs, openLogFile, type FoundLogs, type LogFile } from './log-file.ts'
import type { CatalogRecord } from './catalog-tables.ts'

/** The directory of the second copy, beside `catalog`. */
export const MIRROR_DIRECTORY = 'catalog-copy'
/** Bytes by which a log must exceed twice its first length before it is rewritten. */
const SLACK_BYTES = 256 * 1024

/**
 * Returns the second copy of a catalog as a log of its own under `catalog-copy/` of `files`, for platforms without a second store: it
 * protects against files that a loss of power left empty or full of zeros, and against sectors that cannot be read.
 */
export function createLogMirror(files: Files): CatalogMirror {
  /** What lay there at the start, with every record of it: it is let go once the copy is written on. */
  let found: FoundLogs | undefined
  let open: { readonly log: LogFile; readonly id: Bytes; state: CatalogHead; limitBytes: number } | undefined

  async function find(): Promise<FoundLogs> {
    return (found ??= await findLogs(files, MIRROR_DIRECTORY))
  }

  function limitOf(log: LogFile): number {
    return 2 * log.length() + SLACK_BYTES
  }

  async function replace(head: CatalogHead, records: readonly CatalogRecord[]): Promise<void> {
    if (!open || !equalBytes(open.id, head.id)) {
      await open?.log.close()
      open = { log: await openLogFile(files, MIRROR_DIRECTORY, head.id, await find(), undefined), id: head.id, state: head, limitBytes: 0 }
      found = undefined
    }
    await open.log.rewrite(head.generation, records)
    open.state = head
    open.limitBytes = limitOf(open.log)
  }

  /** Opens the copy to write on after `before`; returns undefined when it holds another state. */
  async function openAt(before: CatalogHead): Promise<typeof open> {
    if (open) return isSame(open.state, before) ? open : undefined
    const { images } = await find()
    const [image] = images
    if (!image?.isWhole || !image.isCurrent || image.generation !== before.generation || !equalBytes(image.header.id, before.id))
      return undefined
    const log = await openLogFile(files, MIRROR_DIRECTORY, before.id, await find(), image)
    found = undefined
    return (open = { log, id: before.id, state: before, limitBytes: limitOf(log) })
  }

  return {
    async find() {
      const { images, unreadable } = await find()
      const [image] = images
      if (image) return copyOf(image)
      if (unreadable.length > 0) throw new HoardError('storage-damaged', { what: 'catalog copy', path: unreadable.join(', ') })
      return undefined
    },
    async commit(before, after, changes, records) {
      const present = await openAt(before)
      if (!present) throw new HoardError('storage-damaged', { what: 'catalog copy' })
      if (present.log.length() > present.limitBytes) return replace(after, records())
      await present.log.append({ generation: after.generation, changes })
      present.state = after
    },
    replace,
    async close() {
      await open?.log.close()
      open = undefined
    },
  }
}

function isSame(a: CatalogHead, b: CatalogHead): boolean {
  return a.generation === b.generation && a.records === b.records && equalBytes(a.id, b.id)
}
