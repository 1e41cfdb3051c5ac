import { concatBytes, equalBytes } from '../../core/bytes.ts'
import type { Peer } from '../../peer/index.ts'
import { contentOf, type SharedFile } from './owner.ts'

/** What came of reading files. */
export interface FilesRead {
  /** Files read, right or wrong. */
  files: number
  /** Bytes that were taken for right and were not. */
  wrongBytes: number
}

const AT_ONCE = 8

/** Reads files by their links, some at once, and counts them in `read`; resolves once all are read. Files that are lost it awaits for ever. */
export async function readFiles(
  peer: Peer,
  files: readonly SharedFile[],
  { seed, bytes }: { readonly seed: number; readonly bytes: number },
  read: FilesRead,
): Promise<void> {
  const left = [...files]
  const lane = async (): Promise<void> => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      const found = await readOne(peer, file.link)
      const meant = contentOf(seed, file.number, bytes)
      read.files++
      if (!equalBytes(found, meant)) read.wrongBytes += meant.reduce((sum, byte, at) => sum + (byte === found[at] ? 0 : 1), 0)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

async function readOne(peer: Peer, link: string): Promise<Uint8Array> {
  const opened = peer.openLink(link)
  const parts: Uint8Array[] = []
  const file = await opened.file()
  for await (const part of file.read()) parts.push(part.slice())
  opened.close()
  return concatBytes(...parts)
}
