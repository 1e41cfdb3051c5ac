import { hex, type Bytes } from '../../core/bytes.ts'
import type { Files } from '../../ports/files.ts'
import { FOOTER_BYTES, readFooter, type ShardFooter } from './shard-footer.ts'
import type { ShardIndex } from './shard-index.ts'
import { useFile } from './use-file.ts'

/** Where shards are kept. */
export const SHARD_DIRECTORY = 'shards'

/** What is on disk, by shard id in hexadecimal. */
export interface ShardScan {
  readonly footers: Map<string, ShardFooter>
  /** Names of what was removed because nobody could read it, and of what the index knew and the disk no longer has. */
  readonly lost: readonly string[]
}

/**
 * Reads the footers of all shards on disk; for whole ones that `index` knows its word is taken, since opening thousands of files takes
 * seconds in a browser. Removes what is torn or foreign; leaves alone, unlisted, what a later version of the app wrote.
 * @param keyTag names the storage key under which shards must be wrapped
 */
export async function scanShards(files: Files, keyTag: Uint8Array, index: ShardIndex | undefined): Promise<ShardScan> {
  const footers = new Map<string, ShardFooter>()
  const names = new Set(await files.list(SHARD_DIRECTORY))
  const cached = (await index?.load().catch(() => undefined)) ?? new Map<string, Bytes>()
  const found = new Map<string, Bytes>()
  const removed: string[] = []

  for (const name of names) {
    const known = readFooter(cached.get(name) ?? new Uint8Array(), keyTag)
    if (known.is === 'ours' && known.footer.entry.isWhole && hex(known.footer.entry.shardId) === name) {
      footers.set(name, known.footer)
      continue
    }
    const bytes = await footerOnDisk(files, name)
    const reading = readFooter(bytes.footer, keyTag)
    if (reading.is === 'newer') continue
    if (reading.is === 'ours' && hex(reading.footer.entry.shardId) === name && reading.footer.entry.length === bytes.payloadBytes) {
      footers.set(name, reading.footer)
      if (reading.footer.entry.isWhole) found.set(name, bytes.footer)
    } else {
      removed.push(name)
      await files.remove(`${SHARD_DIRECTORY}/${name}`)
    }
  }

  const gone = [...cached.keys()].filter((name) => !names.has(name))
  if (index && removed.length + gone.length > 0) await index.remove([...removed, ...gone]).catch(() => index.clear().catch(() => undefined))
  if (index && found.size > 0) await index.put(found).catch(() => undefined)
  return { footers, lost: [...removed, ...gone] }
}

async function footerOnDisk(files: Files, name: string): Promise<{ readonly footer: Bytes; readonly payloadBytes: number }> {
  return useFile(files, `${SHARD_DIRECTORY}/${name}`, { create: false }, async (file) => {
    const payloadBytes = (await file.length()) - FOOTER_BYTES
    return { footer: payloadBytes < 0 ? new Uint8Array() : await file.read(payloadBytes, FOOTER_BYTES), payloadBytes }
  })
}
