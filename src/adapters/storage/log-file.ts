import { concatBytes, type Bytes } from '../../core/bytes.ts'
import { codeOf } from '../../core/errors.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { Files, RandomAccessFile } from '../../ports/files.ts'
import type { CatalogRecord } from './catalog-mirror.ts'
import type { CatalogTables } from './catalog-tables.ts'
import { encodeFrame, type Frame } from './log-frames.ts'
import { encodeLogHeader, LOG_HEADER_BYTES, readLog, type LogImage } from './log-image.ts'
import { useFile } from './use-file.ts'

/** The log of a catalog on disk: two file names, of which one is in use and the other is the next edition's. */
export interface LogFile {
  /** Bytes of the file in use. */
  length(): number
  /** Makes `frames` durable at the end; when it throws, none of them counts. */
  append(frames: readonly Frame[]): Promise<void>
  /** Starts the next edition with `tables` at `generation`, durable, and drops the last one. When it throws, the last one goes on. */
  rewrite(generation: number, tables: CatalogTables): Promise<void>
  close(): Promise<void>
}

const DIRECTORY = 'catalog'
const NAMES = ['log-0', 'log-1'] as const
/** Records of a snapshot are framed by about this much, so that damage costs one frame. */
const SNAPSHOT_FRAME_BYTES = 64 * 1024

/** Returns the newest readable log, undefined when there is none. */
export async function findLog(files: Files): Promise<LogImage | undefined> {
  const names = await files.list(DIRECTORY)
  let newest: LogImage | undefined
  for (const name of NAMES) {
    if (!names.includes(name)) continue
    const bytes = await useFile(files, `${DIRECTORY}/${name}`, { create: false }, async (file) => file.read(0, await file.length())).catch(
      unreadable,
    )
    const image = readLog(bytes)
    if (!image) continue
    if (
      !newest ||
      image.generation > newest.generation ||
      (image.generation === newest.generation && image.header.edition > newest.header.edition)
    ) {
      newest = image
    }
  }
  return newest
}

/** Returns the log that goes on after `image`, its torn tail cut; without one, `rewrite` must come before the first `append`. */
export async function openLogFile(files: Files, id: Bytes, image: LogImage | undefined): Promise<LogFile> {
  let edition = image?.header.edition ?? 0
  let end = image?.end ?? 0
  let file: RandomAccessFile | undefined
  if (image) {
    file = await files.open(pathOf(edition), { create: false })
    if ((await file.length()) > end) await file.truncate(end)
    await files.remove(pathOf(edition + 1))
  }

  return {
    length: () => end,
    async append(frames) {
      const bytes = concatBytes(...frames.map(encodeFrame))
      file ??= await files.open(pathOf(edition), { create: false })
      try {
        await file.write(end, bytes)
        await file.flush()
      } catch (error) {
        await file.truncate(end).catch(() => undefined)
        throw error
      }
      end += bytes.length
    },
    async rewrite(generation, tables) {
      const path = pathOf(edition + 1)
      const frames = snapshotOf(generation, tables.records())
      let length = LOG_HEADER_BYTES
      await files.remove(path)
      const next = await files.open(path, { create: true })
      try {
        for (const frame of frames) {
          const bytes = encodeFrame(frame)
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
      await files.remove(pathOf(edition + 1)).catch(() => undefined)
    },
    async close() {
      await file?.close()
      file = undefined
    },
  }
}

/** A file that the disk cannot read counts as none: the other copy is asked. */
function unreadable(error: unknown): Bytes {
  if (codeOf(error) !== 'storage-damaged') throw error
  return new Uint8Array()
}

function pathOf(edition: number): string {
  return `${DIRECTORY}/${NAMES[edition % 2 === 0 ? 0 : 1]}`
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
