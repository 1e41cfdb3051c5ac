import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** Returns the paths of all files below `folder`, relative to it, with slashes, in byte order. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}
