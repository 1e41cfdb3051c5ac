import { lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CATALOG_DIRECTORY } from '../storage/log/log-catalog.ts'
import { OUTBOX_DIRECTORY } from '../storage/file-outbox.ts'
import { MIRROR_DIRECTORY } from '../storage/log/log-mirror.ts'
import { OLD_SHARD_DIRECTORY } from '../storage/slabs/old-shard-files.ts'
import { SLAB_DIRECTORY } from '../storage/slabs/slab-layout.ts'
import { LOCK_FILE, OWNER_FILE } from './folder-lock.ts'

/** The program that a data folder belongs to. */
export type FolderKind = 'holder' | 'relay' | 'practice swarm'

/** The file that names the owner of a folder. */
export const MARK_FILE = 'scatterhoard.json'

/** Names in a folder that Scatterhoard writes: files, and folders with a layout of their own. */
export interface FolderLayout {
  readonly files: RegExp
  /** Files that stay when everything else goes. */
  readonly lasting?: RegExp
  /** Files that prove, where there is no mark, that an earlier version made the folder. */
  readonly proof?: RegExp
  readonly folders?: readonly (readonly [name: RegExp, layout: FolderLayout])[]
}

const lasting = new RegExp(`^(${[LOCK_FILE, OWNER_FILE, MARK_FILE].map((name) => name.replace('.', '\\.')).join('|')})$`)
const log: FolderLayout = { files: /^(log-[01]|first-start)$/ }

/** The layout of a device's data under `files`. */
export const deviceLayout: FolderLayout = {
  files: /^(?!)$/,
  folders: [
    [nameOf(SLAB_DIRECTORY), { files: /^\d{4,8}-\d{1,9}$/ }],
    [nameOf(OLD_SHARD_DIRECTORY), { files: /^[0-9a-f]{64}$/ }],
    [nameOf(OUTBOX_DIRECTORY), { files: /^([0-9a-f]{2}){1,100}$/ }],
    [nameOf(MIRROR_DIRECTORY), log],
    [nameOf(CATALOG_DIRECTORY), log],
  ],
}

const holder: FolderLayout = {
  ...deviceLayout,
  files: /^network\.json(\.new)?$|^scatterhoard\.json\.new$/,
  lasting,
  proof: nameOf(CATALOG_DIRECTORY),
}
const relay: FolderLayout = { files: /^relay\.key(\.new)?$|^scatterhoard\.json\.new$/, lasting, proof: /^relay\.key$/ }

/** The layout of each kind of folder. */
export const layouts: Readonly<Record<FolderKind, FolderLayout>> = {
  holder,
  relay,
  'practice swarm': {
    files: /^(network\.json|relay\.log|scatterhoard\.json\.new)$/,
    lasting,
    proof: /^(relay|holders)$/,
    folders: [
      [/^relay$/, relay],
      [/^holders$/, { files: /^\d{2,3}\.log$/, folders: [[/^\d{2,3}$/, holder]] }],
    ],
  },
}

/** Returns the paths below `folder` that are not in `layout`. It never follows links: their targets belong to somebody else. */
export async function strangersIn(folder: string, layout: FolderLayout): Promise<readonly string[]> {
  const { folders, strangers } = await sortOut(folder, layout)
  const all = [...strangers]
  for (const [name, inner] of folders) all.push(...(await strangersIn(join(folder, name), inner)).map((each) => `${name}/${each}`))
  return all
}

/**
 * Removes the files of `layout` in `folder`, except lasting ones, and then folders that are empty. For a folder with a lock it calls
 * `enter` before it removes anything, and afterwards the function that `enter` resolved with.
 * @returns the paths that it left because Scatterhoard did not write them
 */
export async function removeOurs(
  folder: string,
  layout: FolderLayout,
  enter: (folder: string) => Promise<() => void> = async () => () => undefined,
): Promise<readonly string[]> {
  const { files, folders, strangers } = await sortOut(folder, layout)
  const left = [...strangers]
  for (const [name, inner] of folders) {
    const path = join(folder, name)
    const leave = inner.lasting === undefined ? () => undefined : await enter(path)
    try {
      left.push(...(await removeOurs(path, inner, enter)).map((each) => `${name}/${each}`))
    } finally {
      leave()
    }
    await rmdir(path).catch(() => undefined)
  }
  for (const name of files) await rm(join(folder, name), { force: true })
  return left
}

interface Sorted {
  readonly files: readonly string[]
  readonly folders: readonly (readonly [name: string, layout: FolderLayout])[]
  readonly strangers: readonly string[]
}

async function sortOut(folder: string, layout: FolderLayout): Promise<Sorted> {
  const files: string[] = []
  const folders: (readonly [string, FolderLayout])[] = []
  const strangers: string[] = []
  for (const name of await namesIn(folder)) {
    const facts = await lstat(join(folder, name))
    const inner = facts.isDirectory() ? layout.folders?.find(([pattern]) => pattern.test(name))?.[1] : undefined
    if (inner) folders.push([name, inner])
    else if (facts.isFile() && layout.files.test(name)) files.push(name)
    else if (!facts.isFile() || layout.lasting?.test(name) !== true) strangers.push(name)
  }
  return { files, folders, strangers }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
}

function nameOf(directory: string): RegExp {
  return new RegExp(`^${directory}$`)
}
