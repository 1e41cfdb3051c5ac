import { join } from 'node:path'
import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { HoardError } from '../../core/errors.ts'

/** A folder that this process alone uses, until `release` or its end, in whatever way it ends. */
export interface FolderLock {
  release(): void
}

/** The locked file. It has no content and is never removed: another process could hold the lock on the removed one. */
export const LOCK_FILE = 'scatterhoard.lock'
/** The file that names the process holding the lock, for people; it decides nothing. */
export const OWNER_FILE = 'scatterhoard.owner'
/** Longest wait for the lock: a process that was asked to end, or lost its parent, has released it within this time. */
const WAIT_MS = 6_000
const PAUSE_MS = 100
/** SQLite's codes, without their extensions. */
const BUSY = 5
const CANNOT_OPEN = 14

/**
 * Takes the lock of `folder`, which must exist, for this process. Waits some seconds for a process that is just ending.
 *
 * The system holds the lock (`fcntl` on POSIX, `LockFileEx` on Windows, through SQLite, which is Node's only way to either): it ends with
 * the process, so neither a SIGKILL nor a process number that was used again leaves it behind.
 * @throws HoardError 'storage-unavailable' {reason: 'in use', folder, owner} | {reason: 'no locks', folder} when the file system has none
 */
export async function lockFolder(folder: string, program: string): Promise<FolderLock> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    const database = tryLock(folder)
    if (database) {
      const owner = { pid: process.pid, program, since: new Date().toISOString() }
      // On a full disk the owner stays unnamed.
      await writeFile(join(folder, OWNER_FILE), `${JSON.stringify(owner)}\n`).catch(() => undefined)
      return { release: () => void (database.isOpen && database.close()) }
    }
    if (waited >= WAIT_MS) throw new HoardError('storage-unavailable', { reason: 'in use', folder, owner: await ownerOf(folder) })
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/** Returns the connection that holds the lock, undefined when another one does. */
function tryLock(folder: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(folder, LOCK_FILE))
    // An open transaction holds the lock; its journal lies in memory, so that it never makes a file of its own.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    if (database?.isOpen === true) database.close()
    const code = codeIn(error)
    if (code === BUSY) return undefined
    const reason = code === CANNOT_OPEN ? 'not writable' : 'no locks'
    throw new HoardError('storage-unavailable', { reason, folder, system: error instanceof Error ? error.message : '' }, error)
  }
}

function codeIn(error: unknown): number | undefined {
  const isSqlite = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return isSqlite ? (error.errcode as number) & 0xff : undefined
}

/** Returns the name of the process that holds the lock, in words. */
async function ownerOf(folder: string): Promise<string> {
  try {
    const { pid, program, since } = JSON.parse(await readFile(join(folder, OWNER_FILE), 'utf8')) as Record<string, unknown>
    if (typeof pid === 'number' && typeof program === 'string') return `the ${program} with process id ${pid}, since ${String(since)}`
  } catch {
    // The file is not written yet, or torn: it only names the owner.
  }
  return 'another process'
}
