import { lstat, mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { HoardError } from '../../core/errors.ts'
import { layouts, MARK_FILE, removeOurs, strangersIn, type FolderKind } from './folder-layout.ts'
import { lockFolder } from './folder-lock.ts'

/** A data folder that this process alone uses, until `release` or its end. */
export interface DataFolder {
  readonly path: string
  /** The peer id that belongs to the folder's keys, undefined before `noteIdentity`. */
  readonly identity: string | undefined
  /**
   * Makes `identity` durable: later starts refuse keys of another one. With undefined, which comes before everything is deleted, any may
   * follow.
   */
  noteIdentity(identity: string | undefined): Promise<void>
  release(): void
}

/** Options of `openDataFolder`. */
export interface FolderWish {
  readonly kind: FolderKind
  /** Removes what an earlier start kept here, but nothing that Scatterhoard did not write. */
  readonly isFresh?: boolean
  /** Called with the paths that a fresh start left alone. */
  readonly onLeft?: (paths: readonly string[]) => void
}

/** The content of a folder's mark. */
interface Mark {
  readonly kind?: string
  readonly version?: number
  readonly identity?: string
}

const VERSION = 1
const ABOUT = 'Data of Scatterhoard (keys and pieces). Do not edit; the folder may be copied as a whole while nothing runs on it.'
/** Most names of other people's files that a refusal shows. */
const SHOWN = 3

/**
 * Makes the folder at `path`, or takes the one that is there, locks it for this process, and marks it as ours. A folder without a mark,
 * from before there were marks, is taken when it holds only what Scatterhoard writes.
 * @throws HoardError 'storage-unavailable' {reason, folder}: 'in use' {owner} | 'not ours' {found} | 'other kind' {kind} | 'newer' | 'no
 * folder' | 'not makeable' | 'not writable' | 'no locks'; and the system's errors. After an error nothing is changed
 * Source: core SPEC.md DSK5, DSK6.
 */
export async function openDataFolder(path: string, { kind, isFresh = false, onLeft = () => undefined }: FolderWish): Promise<DataFolder> {
  await refuseOthers(path, kind)
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    // The right to make it is missing: Node reports ENOENT for a folder on a read-only disk.
    throw unavailable('not makeable', path, {}, error)
  })
  const lock = await lockFolder(path, kind)
  try {
    let mark = await readMark(path)
    if (isFresh) {
      await writeMark(path, kind, undefined)
      const left = await removeOurs(path, layouts[kind], async (folder) => {
        const inner = await lockFolder(folder, kind)
        const known = (await readMark(folder))?.kind
        if (known !== undefined) await writeMark(folder, known, undefined)
        return () => inner.release()
      })
      mark = await readMark(path)
      if (left.length > 0) onLeft(left)
    }
    if (mark?.kind === undefined) await writeMark(path, kind, mark?.identity)
    let identity = mark?.identity
    return {
      path,
      get identity() {
        return identity
      },
      async noteIdentity(next) {
        if (identity === next) return
        await writeMark(path, kind, next)
        identity = next
      },
      release: () => lock.release(),
    }
  } catch (error) {
    lock.release()
    if (!(error instanceof Error) || error instanceof HoardError || 'path' in error) throw error
    // Errors of writes to an open file carry no path.
    throw Object.assign(error, { path })
  }
}

/** Refuses a folder that is not ours to use, and changes nothing. */
async function refuseOthers(folder: string, kind: FolderKind): Promise<void> {
  const facts = await lstat(`${folder}/`).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') throw unavailable('no folder', folder)
    throw error
  })
  if (!facts) return
  if (!facts.isDirectory()) throw unavailable('no folder', folder)
  const mark = await readMark(folder)
  if ((mark?.version ?? 0) > VERSION) throw unavailable('newer', folder)
  if (mark?.kind !== undefined && mark.kind !== kind) throw unavailable('other kind', folder, { kind: mark.kind, wanted: kind })
  if (mark) return
  const strangers = await strangersIn(folder, layouts[kind])
  const names = (await readdir(folder)).filter((name) => !layouts[kind].lasting?.test(name))
  if (strangers.length === 0 && (names.length === 0 || names.some((name) => layouts[kind].proof?.test(name)))) return
  throw strangersHere(folder, strangers.length > 0 ? strangers : names)
}

function strangersHere(folder: string, strangers: readonly string[]): HoardError {
  const found = strangers.slice(0, SHOWN).join(', ') + (strangers.length > SHOWN ? ` and ${strangers.length - SHOWN} more` : '')
  return unavailable('not ours', folder, { found })
}

/** Returns the content of the mark in `folder`, unchecked; undefined when there is none. */
async function readMark(folder: string): Promise<Mark | undefined> {
  if (!(await readdir(folder)).includes(MARK_FILE)) return undefined
  try {
    const { kind, version, identity } = JSON.parse(await readFile(join(folder, MARK_FILE), 'utf8')) as Record<string, unknown>
    return {
      ...(typeof kind === 'string' && { kind }),
      ...(typeof version === 'number' && { version }),
      ...(typeof identity === 'string' && { identity }),
    }
  } catch (error) {
    // A torn mark still counts as one.
    if (error instanceof SyntaxError || error instanceof TypeError) return {}
    throw error
  }
}

async function writeMark(folder: string, kind: string, identity: string | undefined): Promise<void> {
  const text = JSON.stringify({ about: ABOUT, kind, version: VERSION, ...(identity !== undefined && { identity }) }, null, 2)
  await writeWhole(join(folder, MARK_FILE), `${text}\n`)
}

/** Replaces the file at `path` by one with `content`, durable; a crash leaves the old or the new one. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  const draft = await open(`${path}.new`, 'w', mode)
  try {
    await draft.writeFile(content)
    await draft.sync()
  } finally {
    await draft.close()
  }
  await rename(`${path}.new`, path)
}

function unavailable(reason: string, folder: string, facts: Readonly<Record<string, string>> = {}, cause?: unknown): HoardError {
  return new HoardError('storage-unavailable', { reason, folder, ...facts }, cause)
}
