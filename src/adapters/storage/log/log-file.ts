import type { Bytes } from '../../../core/bytes.ts'
import { HoardError, codeOf } from '../../../core/errors.ts'
import type { CatalogChange } from '../../../ports/catalog.ts'
import type { Files, RandomAccessFile } from '../../../ports/files.ts'
import type { CatalogCopy } from './catalog-mirror.ts'
import { createCatalogTables, type CatalogRecord } from './catalog-tables.ts'
import { encodeFrame, type Frame } from './log-frames.ts'
import { encodeLogHeader, LOG_HEADER_BYTES, readLog, type LogImage } from './log-image.ts'
import { useFile } from '../use-file.ts'

/** The log of a catalog on disk: one of two file names is in use, and the next edition takes the other. */
export interface LogFile {
  /** Bytes of the file in use. */
  length(): number
  /** Makes `frame` durable at the end of the log; after an error the frame does not count. */
  append(frame: Frame): Promise<void>
  /** Starts the next edition with `records` at `generation`, durable, and drops the last edition. After an error the last one goes on. */
  rewrite(generation: number, records: readonly CatalogRecord[]): Promise<void>
  close(): Promise<void>
}

/** The log files found in a directory. */
export interface FoundLogs {
  /** The readable files, the one that counts first. */
  readonly images: readonly LogImage[]
  /** Paths of log files without a readable header. */
  readonly unreadable: readonly string[]
}

const NAMES = ['log-0', 'log-1'] as const
/** Bytes of records in one frame of a snapshot, about: damage costs one frame. */
const SNAPSHOT_FRAME_BYTES = 64 * 1024

/**
 * Reads the log files in `directory` and changes nothing.
 * @throws HoardError 'format-unknown' when a later version of the app wrote one, and what files throw
 */
export async function findLogs(files: Files, directory: string): Promise<FoundLogs> {
  const names = await files.list(directory)
  const images: LogImage[] = []
  const unreadable: string[] = []
  for (const name of NAMES) {
    if (!names.includes(name)) continue
    const path = `${directory}/${name}`
    const read = useFile(files, path, { create: false }, async (file) => file.read(0, await file.length()))
    const image = readLog(await read.catch(emptyWhenDamaged))
    if (image) images.push(image)
    else unreadable.push(path)
  }
  images.sort((a, b) => Number(b.isWhole) - Number(a.isWhole) || b.generation - a.generation || b.header.edition - a.header.edition)
  return { images, unreadable }
}

/** Returns `image` as a copy of its catalog. */
export function copyOf({ header, snapshot, commits, generation, isWhole }: LogImage): CatalogCopy {
  return {
    id: header.id,
    generation,
    isWhole,
    async load() {
      if (snapshot.length !== header.snapshotFrames) return { parts: snapshot, commits }
      const tables = createCatalogTables()
      for (const { changes } of snapshot) tables.apply(changes)
      if (!isWhole) return { base: { generation: header.generation, records: tables.records() }, parts: [], commits }
      for (const { changes } of commits) tables.apply(changes)
      return { base: { generation, records: tables.records() }, parts: [], commits: [] }
    },
  }
}

/**
 * Returns the log of the catalog `id` in `directory`, which goes on after `image`, one of the images found, with its torn tail cut off.
 * Without an image, `rewrite` must come before the first `append`; until it is done, only the file that counts least is changed.
 */
export async function openLogFile(
  files: Files,
  directory: string,
  id: Bytes,
  { images }: FoundLogs,
  image: LogImage | undefined,
): Promise<LogFile> {
  const newest = Math.max(0, ...images.map(({ header }) => header.edition))
  // The file that counts first stays until the next edition is durable.
  let edition = image?.header.edition ?? (images[0] === undefined || newest % 2 === images[0].header.edition % 2 ? newest : newest + 1)
  let end = image?.end ?? 0
  let file: RandomAccessFile | undefined
  let isTorn = false
  if (image) {
    file = await files.open(pathOf(edition), { create: false })
    if ((await file.length()) > end) await file.truncate(end)
    await files.remove(pathOf(edition + 1))
  }

  function pathOf(number: number): string {
    return `${directory}/${NAMES[number % 2 === 0 ? 0 : 1]}`
  }

  return {
    length: () => end,
    async append(frame) {
      if (isTorn) throw new HoardError('storage-unavailable', { path: pathOf(edition), reason: 'torn' })
      const bytes = encodeFrame(frame, id)
      file ??= await files.open(pathOf(edition), { create: false })
      try {
        await file.write(end, bytes)
        await file.flush()
      } catch (error) {
        // A torn frame that cannot be cut off would look like a commit: write no more to such a file.
        await file.truncate(end).catch(() => (isTorn = true))
        throw error
      }
      end += bytes.length
    },
    async rewrite(generation, records) {
      const path = pathOf(edition + 1)
      const frames = snapshotOf(generation, records)
      let length = LOG_HEADER_BYTES
      await files.remove(path)
      const next = await files.open(path, { create: true })
      try {
        for (const frame of frames) {
          const bytes = encodeFrame(frame, id)
          await next.write(length, bytes)
          length += bytes.length
        }
        await next.flush()
        await next.write(0, encodeLogHeader({ id, edition: edition + 1, generation, snapshotFrames: frames.length }))
        await next.flush()
      } catch (error) {
        await next.close()
        await files.remove(path).catch(() => undefined)
        throw error
      }
      await file?.close()
      file = next
      edition++
      end = length
      isTorn = false
      await files.remove(pathOf(edition + 1)).catch(() => undefined)
    },
    async close() {
      await file?.close()
      file = undefined
    },
  }
}

/** Turns a file that the disk cannot read into an empty one, which counts as damaged: the other copy serves instead. */
function emptyWhenDamaged(error: unknown): Bytes {
  if (codeOf(error) !== 'storage-damaged') throw error
  return new Uint8Array()
}

function snapshotOf(generation: number, records: readonly CatalogRecord[]): readonly Frame[] {
  const frames: Frame[] = []
  let changes: CatalogChange[] = []
  let size = 0
  for (const record of records) {
    changes.push(record)
    size += record.value.length + record.key.length
    if (size < SNAPSHOT_FRAME_BYTES) continue
    frames.push({ generation, changes })
    changes = []
    size = 0
  }
  if (changes.length > 0) frames.push({ generation, changes })
  return frames
}
