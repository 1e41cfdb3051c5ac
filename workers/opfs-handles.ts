import { HoardError, type ErrorCode } from '../src/core/errors.ts'

/** Sync access handles of OPFS: each is made when first used, shared by all users of its file, and closed when others need its place. */
export interface OpfsHandles {
  /** Returns the result of `work` for the handle of `path`; `work` is synchronous, so that nobody closes the handle under it. */
  use<T>(path: string, work: (handle: FileSystemSyncAccessHandle) => T): Promise<T>
  /** Closes the handle of `path`, if there is one: a file can be removed only without a handle. */
  release(path: string): Promise<void>
  /** Closes all handles. */
  releaseAll(): Promise<void>
}

interface Seat {
  readonly handle: Promise<FileSystemSyncAccessHandle>
  users: number
}

/** Most tries for a handle that another worker still holds: the node of a tab that has just gone closes its handles within this time. */
const TRIES = 40
const PAUSE_MS = 50

/** Returns handles of the files that `find` finds. At most `limit` are open at once, unless more are in use. */
export function createOpfsHandles(find: (path: string) => Promise<FileSystemFileHandle>, limit: number): OpfsHandles {
  /** Handles, least recently used first. */
  const seats = new Map<string, Seat>()

  function take(path: string): Seat {
    const known = seats.get(path)
    if (known) {
      seats.delete(path)
      seats.set(path, known)
      return known
    }
    const made: Seat = { handle: find(path).then(accessHandle), users: 0 }
    made.handle.catch(() => {
      if (seats.get(path) === made) seats.delete(path)
    })
    seats.set(path, made)
    return made
  }

  function trim(): void {
    for (const [path, seat] of seats) {
      if (seats.size <= limit) return
      if (seat.users === 0) void close(path, seat)
    }
  }

  async function close(path: string, seat: Seat): Promise<void> {
    if (seats.get(path) === seat) seats.delete(path)
    await seat.handle.then(
      (handle) => handle.close(),
      () => undefined,
    )
  }

  return {
    async use(path, work) {
      const seat = take(path)
      seat.users++
      try {
        return work(await seat.handle)
      } catch (error) {
        throw spoken(path, error)
      } finally {
        seat.users--
        trim()
      }
    },
    async release(path) {
      const seat = seats.get(path)
      if (seat) await close(path, seat)
    },
    async releaseAll() {
      await Promise.all([...seats].map(([path, seat]) => close(path, seat)))
    },
  }
}

async function accessHandle(file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  for (let tries = 1; ; tries++) {
    try {
      return await file.createSyncAccessHandle()
    } catch (error) {
      if (nameOf(error) !== 'NoModificationAllowedError' || tries === TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  QuotaExceededError: 'storage-full',
  NS_ERROR_FILE_NO_DEVICE_SPACE: 'storage-full',
  NotFoundError: 'not-found',
  // The handle was closed because its file was removed.
  InvalidStateError: 'not-found',
  NotReadableError: 'storage-damaged',
}

/** Returns an error of the platform as a `HoardError`. */
export function spoken(path: string, error: unknown): HoardError {
  if (error instanceof HoardError) return error
  const name = nameOf(error)
  return new HoardError(CODES[name] ?? 'storage-unavailable', { path, name }, error)
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : ''
}
