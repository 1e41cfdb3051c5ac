import { HoardError } from '../src/core/errors.ts'
import type { Files, RandomAccessFile } from '../src/ports/files.ts'
import { createOpfsHandles, spoken } from './opfs-handles.ts'
import { createNameGuard } from './opfs-names.ts'

/** Files in OPFS, and the end of their handles. */
export interface OpfsFiles extends Files {
  /** Closes all handles, so that another worker can open the files. */
  close(): Promise<void>
}

/** Most handles open at once: enough for every transfer of a busy node, far below what browsers allow (4,000 measured). */
const MAX_HANDLES = 128

/** Returns the files below the directory `rootName` of this origin's private file system. Works in dedicated workers only. */
export function createOpfsFiles(rootName: string, { maxHandles = MAX_HANDLES }: { readonly maxHandles?: number } = {}): OpfsFiles {
  const directories = new Map<string, Promise<FileSystemDirectoryHandle>>()
  const guardNames = createNameGuard()
  const handles = createOpfsHandles(async (path) => {
    const [directory, name] = split(path)
    return (await directoryOf(directory, { create: false })).getFileHandle(name)
  }, maxHandles)

  function directoryOf(directory: string, { create }: { readonly create: boolean }): Promise<FileSystemDirectoryHandle> {
    const known = directories.get(directory)
    if (known) return known
    const found = navigator.storage
      .getDirectory()
      .then((origin) => origin.getDirectoryHandle(rootName, { create }))
      .then((root) => root.getDirectoryHandle(directory, { create }))
    directories.set(directory, found)
    found.catch(() => directories.delete(directory))
    return found
  }

  async function isThere(path: string): Promise<boolean> {
    const [directory, name] = split(path)
    try {
      await (await directoryOf(directory, { create: false })).getFileHandle(name)
      return true
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return false
      throw error
    }
  }

  async function make(path: string): Promise<void> {
    if (await isThere(path)) return
    await guardNames()
    const [directory, name] = split(path)
    const make = async () => (await directoryOf(directory, { create: true })).getFileHandle(name, { create: true })
    try {
      await make()
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error
      // The directory was removed since we found it.
      directories.clear()
      await make()
    }
  }

  function openFile(path: string): RandomAccessFile {
    return {
      read: (offset, length, spare) =>
        handles.use(path, (handle) => {
          const found = Math.max(0, Math.min(length, handle.getSize() - offset))
          const bytes = spare?.length === found ? spare : new Uint8Array(found)
          return bytes.length === 0 ? bytes : bytes.subarray(0, handle.read(bytes, { at: offset }))
        }),
      write: (offset, bytes) =>
        handles.use(path, (handle) => {
          // Chromium throws when the quota is exceeded; Firefox writes less and returns how much.
          const written = handle.write(plainView(bytes), { at: offset })
          if (written !== bytes.length) throw new HoardError('storage-full', { path, written })
        }),
      length: () => handles.use(path, (handle) => handle.getSize()),
      truncate: (length) => handles.use(path, (handle) => handle.truncate(length)),
      flush: () => handles.use(path, (handle) => handle.flush()),
      async close() {},
    }
  }

  return {
    async open(path, { create }) {
      try {
        if (create) await make(path)
      } catch (error) {
        throw spoken(path, error)
      }
      await handles.use(path, () => undefined)
      return openFile(path)
    },
    async remove(path) {
      const [directory, name] = split(path)
      await handles.release(path)
      try {
        await (await directoryOf(directory, { create: false })).removeEntry(name)
      } catch (error) {
        const known = spoken(path, error)
        if (known.code !== 'not-found') throw known
      }
    },
    async list(directory) {
      const names: string[] = []
      try {
        for await (const [name, entry] of (await directoryOf(directory, { create: false })).entries())
          if (entry.kind === 'file') names.push(name)
      } catch (error) {
        const known = spoken(directory, error)
        if (known.code !== 'not-found') throw known
      }
      return names
    },
    async removeAll() {
      await handles.releaseAll()
      directories.clear()
      try {
        await (await navigator.storage.getDirectory()).removeEntry(rootName, { recursive: true })
      } catch (error) {
        const known = spoken(rootName, error)
        if (known.code !== 'not-found') throw known
      }
    },
    close: () => handles.releaseAll(),
  }
}

function split(path: string): readonly [string, string] {
  const [directory = '', name = ''] = path.split('/')
  return [directory, name]
}

/** Returns a view over an ordinary buffer, as `write` needs it. */
function plainView(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : new Uint8Array(bytes)
}
