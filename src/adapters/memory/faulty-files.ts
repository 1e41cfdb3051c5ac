import { HoardError } from '../../core/errors.ts'
import type { Files, RandomAccessFile } from '../../ports/files.ts'

/** Faults, counted over all files together from the moment the wrapper was made. */
export interface FileFaults {
  /** The process ends while it writes byte number `diesAt`: the bytes before it are there, and no later call works. */
  diesAt?: number
  /** The disk is full from byte number `fullAt` on: the bytes before it are there, and the write throws 'storage-full'. */
  fullAt?: number
}

/** Returns `files` that fail as `faults` says; a test may change `faults` while they are in use. */
export function withFileFaults(files: Files, faults: FileFaults): Files & { written(): number } {
  let written = 0
  let isDead = false

  function live(): void {
    if (isDead) throw new HoardError('storage-unavailable', { reason: 'ended' })
  }

  function wrap(file: RandomAccessFile): RandomAccessFile {
    return {
      async read(offset, length) {
        live()
        return file.read(offset, length)
      },
      async write(offset, bytes) {
        live()
        const room = Math.min(faults.diesAt ?? Infinity, faults.fullAt ?? Infinity) - written
        if (room >= bytes.length) {
          written += bytes.length
          return file.write(offset, bytes)
        }
        const part = Math.max(0, room)
        if (part > 0) await file.write(offset, bytes.subarray(0, part))
        written += part
        if (written >= (faults.diesAt ?? Infinity)) isDead = true
        live()
        throw new HoardError('storage-full', { written })
      },
      async length() {
        live()
        return file.length()
      },
      async truncate(length) {
        live()
        return file.truncate(length)
      },
      async flush() {
        live()
        return file.flush()
      },
      close: () => file.close(),
    }
  }

  return {
    async open(path, options) {
      live()
      return wrap(await files.open(path, options))
    },
    async remove(path) {
      live()
      return files.remove(path)
    },
    async list(directory) {
      live()
      return files.list(directory)
    },
    async removeAll() {
      live()
      return files.removeAll()
    },
    written: () => written,
  }
}
