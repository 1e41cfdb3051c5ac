import { constants } from 'node:fs'
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HoardError, type ErrorCode } from '../../core/errors.ts'
import type { Files, RandomAccessFile } from '../../ports/files.ts'
import { deviceLayout, removeOurs } from './folder-layout.ts'

/** Returns the files under the directory `root`, which the first write makes; `layout` names the files that are ours to remove. */
export function createNodeFiles(root: string, layout = deviceLayout): Files {
  return {
    async open(path, { create }) {
      const place = join(root, path)
      return speaking(place, async () => {
        if (!create) return randomAccess(place, await open(place, 'r+'))
        await mkdir(dirname(place), { recursive: true })
        return randomAccess(place, await open(place, constants.O_RDWR | constants.O_CREAT))
      })
    },
    remove: (path) => speaking(join(root, path), () => rm(join(root, path), { force: true })),
    list: (directory) =>
      speaking(join(root, directory), async () => {
        const entries = await readdir(join(root, directory), { withFileTypes: true }).catch((error: unknown) => {
          if (systemCodeOf(error) === 'ENOENT') return []
          throw error
        })
        return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
      }),
    async removeAll() {
      await speaking(root, () => removeOurs(root, layout))
    },
  }
}

function randomAccess(path: string, handle: FileHandle): RandomAccessFile {
  return {
    read: (offset, length) =>
      speaking(path, async () => {
        const bytes = new Uint8Array(length)
        let done = 0
        while (done < length) {
          const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
          if (bytesRead === 0) break
          done += bytesRead
        }
        return bytes.subarray(0, done)
      }),
    write: (offset, bytes) =>
      speaking(path, async () => {
        let done = 0
        while (done < bytes.length) {
          const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done)
          if (bytesWritten === 0) throw new HoardError('storage-full', { path })
          done += bytesWritten
        }
      }),
    length: () => speaking(path, async () => (await handle.stat()).size),
    truncate: (length) => speaking(path, () => handle.truncate(length)),
    flush: () => speaking(path, () => handle.datasync()),
    close: () => handle.close().catch(() => undefined),
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  ENOSPC: 'storage-full',
  EDQUOT: 'storage-full',
  EFBIG: 'storage-full',
  EIO: 'storage-damaged',
}

/** Runs `work` and turns its system errors into `HoardError`s. */
async function speaking<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HoardError) throw error
    const system = systemCodeOf(error)
    throw new HoardError((system !== undefined && CODES[system]) || 'storage-unavailable', { path, system: system ?? '' }, error)
  }
}

function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
