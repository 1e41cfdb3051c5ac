import type { Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import type { Files, RandomAccessFile } from '../../ports/files.ts'

/** Files that live as long as the process; tests can look at them and damage them. */
export interface MemoryFiles extends Files {
  /** Paths of all files, in the order in which they were made. */
  paths(): readonly string[]
  /** Returns the live content of the file at `path`: the next read returns whatever a test writes into it. Throws 'not-found'. */
  contentOf(path: string): Bytes
  /** Bytes in all files. */
  usedBytes(): number
}

interface Content {
  /** At least `length` bytes; doubles as it grows, so that a log of many frames is not copied for each. */
  room: Bytes
  length: number
}

/** Returns empty files. A write that would take them beyond `capacityBytes` throws 'storage-full' and changes nothing. */
export function createMemoryFiles({ capacityBytes = Infinity }: { readonly capacityBytes?: number } = {}): MemoryFiles {
  const contents = new Map<string, Content>()
  let used = 0

  function contentOf(path: string): Content {
    const content = contents.get(path)
    if (!content) throw new HoardError('not-found', { path })
    return content
  }

  function resize(path: string, length: number): Content {
    const content = contentOf(path)
    if (used - content.length + length > capacityBytes) throw new HoardError('storage-full', { path, length })
    if (length > content.room.length) {
      const room = new Uint8Array(Math.max(length, Math.min(2 * content.room.length, content.room.length + (16 << 20))))
      room.set(content.room.subarray(0, content.length))
      content.room = room
    } else if (length < content.length) {
      content.room.fill(0, length, content.length)
    }
    used += length - content.length
    content.length = length
    return content
  }

  function openFile(path: string): RandomAccessFile {
    return {
      async read(offset, length) {
        const content = contentOf(path)
        return content.room.slice(offset, Math.min(content.length, offset + length))
      },
      async write(offset, bytes) {
        const content = contentOf(path)
        const end = offset + bytes.length
        if (end > content.length) resize(path, end)
        content.room.set(bytes, offset)
      },
      async length() {
        return contentOf(path).length
      },
      async truncate(length) {
        resize(path, length)
      },
      async flush() {
        contentOf(path)
      },
      async close() {},
    }
  }

  return {
    async open(path, { create }) {
      if (create && !contents.has(path)) contents.set(path, { room: new Uint8Array(), length: 0 })
      contentOf(path)
      return openFile(path)
    },
    async remove(path) {
      used -= contents.get(path)?.length ?? 0
      contents.delete(path)
    },
    async list(directory) {
      const prefix = `${directory}/`
      return [...contents.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length))
    },
    async removeAll() {
      contents.clear()
      used = 0
    },
    paths: () => [...contents.keys()],
    contentOf(path) {
      const content = contentOf(path)
      return content.room.subarray(0, content.length)
    },
    usedBytes: () => used,
  }
}
