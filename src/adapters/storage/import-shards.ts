import { hex } from '../../core/bytes.ts'
import { codeOf } from '../../core/errors.ts'
import type { Files, RandomAccessFile } from '../../ports/files.ts'
import { BLOCK_BYTES, blockSum } from './block-sums.ts'
import { GROUP_BYTES } from './group-commit.ts'
import type { KeptSlot } from './scan-slabs.ts'
import { FOOTER_BYTES, readFooter } from './shard-footer.ts'
import type { SlabRack } from './slab-rack.ts'
import type { BlockSums } from './slot-footer.ts'
import { useFile } from './use-file.ts'

/** Where shards were kept one file each: the wrapped payload, then the footer. */
const OLD_DIRECTORY = 'shards'
/** Copied at once: whole blocks. */
const STRIPE_BYTES = 16 * BLOCK_BYTES

/**
 * Takes shards and drafts that lie in one file each into slabs, as they are wrapped already, and removes their files once the slabs are
 * flushed. What it has not come to when the program ends it takes at the next start. Leaves alone what a later version of the app wrote.
 * @returns the names of files that nobody could read, which are removed
 * @throws HoardError 'storage-full' when there is not even room for the next one: nothing is lost
 */
export async function importShardFiles(parts: {
  readonly files: Files
  readonly rack: SlabRack
  readonly slots: Map<string, KeptSlot>
  readonly keyTag: Uint8Array
  readonly writeFooter: (kept: KeptSlot) => Promise<void>
}): Promise<readonly string[]> {
  const { files, rack, slots, keyTag, writeFooter } = parts
  const lost: string[] = []
  const unflushed = new Set<RandomAccessFile>()
  let copied: string[] = []
  let copiedBytes = 0

  async function finish(): Promise<void> {
    for (const file of unflushed) await file.flush()
    for (const path of copied) await files.remove(path)
    unflushed.clear()
    copied = []
    copiedBytes = 0
  }

  async function importFile(name: string): Promise<void> {
    const path = `${OLD_DIRECTORY}/${name}`
    await useFile(files, path, { create: false }, async (file) => {
      const payloadBytes = (await file.length()) - FOOTER_BYTES
      const reading = readFooter(payloadBytes < 0 ? new Uint8Array() : await file.read(payloadBytes, FOOTER_BYTES), keyTag)
      if (reading.is === 'newer') return
      if (reading.is !== 'ours' || hex(reading.footer.entry.shardId) !== name || reading.footer.entry.length !== payloadBytes) {
        lost.push(name)
      } else if (!slots.has(name)) {
        const { footer } = reading
        const place = await rack.take(name, payloadBytes)
        const { slab, slot } = place
        try {
          const sums = await copy(file, footer.entry.kept, (at, bytes) => slab.file.write(slab.layout.payloadAt(slot) + at, bytes))
          const kept = { ...place, footer, sums: footer.entry.isWhole ? sums : [] }
          await writeFooter(kept)
          slots.set(name, kept)
        } catch (error) {
          await slab.wipe(slot).catch(() => undefined)
          await rack.release(place).catch(() => undefined)
          throw error
        }
        unflushed.add(slab.file)
        copiedBytes += footer.entry.kept
      }
      copied.push(path)
    })
  }

  for (const name of await files.list(OLD_DIRECTORY)) {
    await importFile(name).catch(async (error: unknown) => {
      if (codeOf(error) !== 'storage-full' || copied.length === 0) throw error
      await finish()
      await importFile(name)
    })
    if (copiedBytes >= GROUP_BYTES) await finish()
  }
  await finish()
  return lost
}

async function copy(file: RandomAccessFile, length: number, write: (at: number, bytes: Uint8Array) => Promise<void>): Promise<BlockSums> {
  const sums: BlockSums = []
  for (let at = 0; at < length; at += STRIPE_BYTES) {
    const bytes = await file.read(at, Math.min(STRIPE_BYTES, length - at))
    await write(at, bytes)
    for (let block = 0; block < bytes.length; block += BLOCK_BYTES) sums.push(blockSum(bytes.subarray(block, block + BLOCK_BYTES)))
  }
  return sums
}
