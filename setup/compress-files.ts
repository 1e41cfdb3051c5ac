import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { filesBelow } from './files-below.ts'

/** Files that are text, or pack as well as text; pictures are compressed already. */
const packable = /\.(js|css|html|svg|json|webmanifest|wasm|txt)$/
/** Files that a host replaces or reads itself: a compressed copy beside one would have another content. */
const untouched = /^(network\.json|_headers|hosting\/.*)$/
/** Names of the copies that `compressFiles` makes. */
export const compressedCopy = /\.(br|gz)$/

/**
 * Puts `<file>.br` and `<file>.gz` beside every file below `folder` that gets smaller by it. Both use the strongest setting, because
 * servers hand the copies out as they are: the work is done once for all requests.
 */
export async function compressFiles(folder: string): Promise<void> {
  const names = (await filesBelow(folder)).filter((name) => packable.test(name) && !untouched.test(name))
  await Promise.all(names.map((name) => compressFile(join(folder, name))))
}

async function compressFile(path: string): Promise<void> {
  const bytes = await readFile(path)
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }
  const copies = { br: await promisify(brotliCompress)(bytes, brotli), gz: await promisify(gzip)(bytes, { level: 9 }) }
  for (const [suffix, copy] of Object.entries(copies)) if (copy.length < bytes.length) await writeFile(`${path}.${suffix}`, copy)
}
