import { hex } from '../../../core/bytes.ts'
import type { Files, RandomAccessFile } from '../../../ports/files.ts'
import { FOOTER_BYTES, type FooterReading, readFooter, type ShardFooter } from './shard-footer.ts'
import { createSlab, type Slab } from './slab.ts'
import type { SlabLayout } from './slab-layout.ts'
import { useFile } from '../use-file.ts'
import { codeOf } from '../../../core/errors.ts'

/** The directory of shards that were kept one file each: the wrapped payload, then the footer. */
export const OLD_SHARD_DIRECTORY = 'shards'

/** An old file is a slab of a single slot, without sums; it is moved into a slab of its class when there is room. */
export interface OldShardFile {
  readonly slab: Slab
  readonly footer: ShardFooter
}

/** Number of files that are opened together: opening one is mostly waiting for the browser. */
const AT_ONCE = 16

/**
 * Yields the shards and drafts that lie in one file each, and the name of every file that is lost: a torn file is removed, one that the
 * disk cannot read is left. Files of a later version of the app, of another device or of somebody else are left alone and not listed.
 */
export async function* scanOldShardFiles(files: Files, keyTag: Uint8Array): AsyncGenerator<OldShardFile | { readonly lost: string }> {
  const names = await files.list(OLD_SHARD_DIRECTORY)
  for (let first = 0; first < names.length; first += AT_ONCE) {
    const found = await Promise.all(names.slice(first, first + AT_ONCE).map((name) => look(files, name, keyTag)))
    for (const each of found) if (each !== undefined) yield each
  }
}

async function look(files: Files, name: string, keyTag: Uint8Array): Promise<OldShardFile | { readonly lost: string } | undefined> {
  const path = `${OLD_SHARD_DIRECTORY}/${name}`
  let found: { readonly payloadBytes: number; readonly reading: FooterReading }
  try {
    found = await useFile(files, path, { create: false }, async (file) => {
      const bytes = (await file.length()) - FOOTER_BYTES
      return { payloadBytes: bytes, reading: readFooter(bytes < 0 ? new Uint8Array() : await file.read(bytes, FOOTER_BYTES), keyTag) }
    })
  } catch (error) {
    if (codeOf(error) !== 'storage-damaged') throw error
    return { lost: name }
  }
  const { payloadBytes, reading } = found
  if (reading.is === 'newer' || reading.is === 'of another device' || !/^[0-9a-f]{64}$/.test(name)) return undefined
  if (reading.is !== 'ours' || hex(reading.footer.entry.shardId) !== name || reading.footer.entry.length !== payloadBytes) {
    await files.remove(path)
    return { lost: name }
  }
  const slab = createSlab(path, 0, layoutOfOne(payloadBytes), perUse(files, path), payloadBytes + FOOTER_BYTES)
  return { slab, footer: reading.footer }
}

function layoutOfOne(payloadBytes: number): SlabLayout {
  return {
    slotBytes: payloadBytes,
    footerBytes: FOOTER_BYTES,
    slots: 1,
    footerAt: () => payloadBytes,
    payloadAt: () => 0,
    endOf: () => payloadBytes + FOOTER_BYTES,
    slotsIn: (length) => (length < payloadBytes + FOOTER_BYTES ? 0 : 1),
  }
}

/** Opens the file for each use: there may be as many such files as shards, so none is held open. */
function perUse(files: Files, path: string): RandomAccessFile {
  const use = <T>(work: (file: RandomAccessFile) => Promise<T>): Promise<T> => useFile(files, path, { create: false }, work)
  return {
    read: (offset, length, spare) => use((file) => file.read(offset, length, spare)),
    write: (offset, bytes) => use((file) => file.write(offset, bytes)),
    length: () => use((file) => file.length()),
    truncate: (length) => use((file) => file.truncate(length)),
    flush: () => use((file) => file.flush()),
    close: async () => undefined,
  }
}
