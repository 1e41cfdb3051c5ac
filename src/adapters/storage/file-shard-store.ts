import { hex, type Bytes } from '../../core/bytes.ts'
import { assert, codeOf, HoardError } from '../../core/errors.ts'
import { brandBytes, type GroupId, type SegmentId, type ShardId } from '../../core/ids.ts'
import type { Files, RandomAccessFile } from '../../ports/files.ts'
import type { Random } from '../../ports/random.ts'
import type { ShardEntry, ShardFacts, ShardStore } from '../../ports/shard-store.ts'
import { createShardCipher } from './shard-cipher.ts'
import { encodeFooter, keyTagOf, type ShardFooter } from './shard-footer.ts'
import type { ShardIndex } from './shard-index.ts'
import { scanShards, SHARD_DIRECTORY } from './scan-shards.ts'
import { createTurns } from './turns.ts'
import { useFile } from './use-file.ts'

/** A shard store and what its start found out. */
export interface FileShardStore extends ShardStore {
  /** Names of shards that were torn, damaged at their footer, foreign or gone: removed, and to be reported as lost. */
  readonly lost: readonly string[]
}

/** What the store works with. */
export interface ShardStoreParts {
  readonly files: Files
  readonly subtle: SubtleCrypto
  readonly random: Random
  /** 32 bytes. Shards that were wrapped under another key are lost. */
  readonly storageKey: Bytes
  readonly index?: ShardIndex
}

/**
 * Opens the shards under `shards/`, one file each, named by shard id: the wrapped payload, then the footer.
 *
 * The footer stands at its final offset from the first write of a draft on: that reserves the room, so a full disk refuses a shard before
 * its bytes were sent for nothing, and a draft describes itself. Every write of a draft renews `kept` in it after the bytes it speaks of.
 * That order holds when the program ends at any point; drafts are flushed to the disk only when they are sealed, so after a loss of power
 * one may hold less than it says: whoever completes a shard digests it before trusting it.
 */
export async function openFileShardStore({ files, subtle, random, storageKey, index }: ShardStoreParts): Promise<FileShardStore> {
  const keyTag = keyTagOf(storageKey)
  const cipher = await createShardCipher(subtle, storageKey)
  const inTurn = createTurns()
  const { footers, lost } = await scanShards(files, keyTag, index)

  function footerOf(shardId: ShardId): ShardFooter {
    const footer = footers.get(hex(shardId))
    if (!footer) throw new HoardError('not-found', { shardId: hex(shardId) })
    return footer
  }

  async function writeFooter(file: RandomAccessFile, name: string, footer: ShardFooter): Promise<void> {
    await file.write(footer.entry.length, encodeFooter(footer, keyTag))
    footers.set(name, footer)
  }

  async function begin(facts: ShardFacts, at: number): Promise<ShardFooter> {
    const name = hex(facts.shardId)
    const footer: ShardFooter = { entry: { ...ownFacts(facts), isWhole: false, kept: 0, at }, iv: random.bytes(16) }
    try {
      await useFile(files, pathOf(name), { create: true }, (file) => writeFooter(file, name, footer))
    } catch (error) {
      footers.delete(name)
      await files.remove(pathOf(name)).catch(() => undefined)
      throw error
    }
    return footer
  }

  /** The cache must never speak of a shard that is not there: when it cannot be told, it is emptied. */
  async function tellIndex(tell: (index: ShardIndex) => Promise<void>): Promise<void> {
    if (!index) return
    await tell(index).catch(() => index.clear().catch(() => undefined))
  }

  return {
    lost,
    write: (facts, offset, bytes, at) =>
      inTurn(hex(facts.shardId), async () => {
        const name = hex(facts.shardId)
        const known = footers.get(name)
        assert(!known?.entry.isWhole, 'a whole shard is not written again')
        assert(!known || known.entry.length === facts.length, 'a shard id has one length')
        assert(
          offset >= 0 && offset <= (known?.entry.kept ?? 0) && offset + bytes.length <= facts.length,
          'a draft is filled from the front',
        )
        const { entry, iv } = known ?? (await begin(facts, at))
        const wrapped = await cipher.wrap(iv, offset, bytes)
        await useFile(files, pathOf(name), { create: false }, async (file) => {
          const kept = Math.max(entry.kept, offset + bytes.length)
          try {
            await file.write(offset, wrapped)
            await writeFooter(file, name, { entry: { ...entry, kept, at }, iv })
          } catch (error) {
            // A write that failed half-way may have spoilt what it overlapped.
            footers.set(name, { entry: { ...entry, kept: Math.min(entry.kept, offset) }, iv })
            throw error
          }
        })
      }),

    seal: (shardId, at) =>
      inTurn(hex(shardId), async () => {
        const name = hex(shardId)
        const { entry, iv } = footerOf(shardId)
        if (entry.isWhole) return
        assert(entry.kept === entry.length, 'only a complete draft is sealed')
        const footer: ShardFooter = { entry: { ...entry, isWhole: true, at }, iv }
        await useFile(files, pathOf(name), { create: false }, async (file) => {
          // The payload first: a footer that says "whole" must not reach the disk before what it speaks of.
          await file.flush()
          await file.write(entry.length, encodeFooter(footer, keyTag))
          await file.flush()
        })
        footers.set(name, footer)
        await tellIndex((cache) => cache.put(new Map([[name, encodeFooter(footer, keyTag)]])))
      }),

    async read(shardId, offset, length) {
      const name = hex(shardId)
      const { entry, iv } = footerOf(shardId)
      if (offset < 0 || length < 0 || offset + length > entry.kept) throw new HoardError('not-found', { shardId: name, offset, length })
      try {
        const wrapped = await useFile(files, pathOf(name), { create: false }, (file) => file.read(offset, length))
        if (wrapped.length !== length) throw new HoardError('storage-damaged', { shardId: name, offset, length })
        return await cipher.wrap(iv, offset, wrapped)
      } catch (error) {
        // The file went away under us: from now on it is not here, and everyone is told so.
        if (codeOf(error) === 'not-found' && footers.delete(name)) await tellIndex((cache) => cache.remove([name]))
        throw error
      }
    },

    remove: (shardId) =>
      inTurn(hex(shardId), async () => {
        const name = hex(shardId)
        await tellIndex((cache) => cache.remove([name]))
        await files.remove(pathOf(name))
        footers.delete(name)
      }),

    async list() {
      return [...footers.values()].map(({ entry }): ShardEntry => entry)
    },
  }
}

function pathOf(name: string): string {
  return `${SHARD_DIRECTORY}/${name}`
}

/** The facts alone, in arrays that nobody else can change. */
function ownFacts({ shardId, length, groupId, segmentId, index }: ShardFacts): ShardFacts {
  return {
    shardId: brandBytes<ShardId>(shardId.slice()),
    length,
    groupId: brandBytes<GroupId>(groupId.slice()),
    segmentId: brandBytes<SegmentId>(segmentId.slice()),
    index,
  }
}
