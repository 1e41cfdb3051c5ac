import { hex, type Bytes, type FreeBytes } from '../../../core/bytes.ts'
import { assert, HoardError, codeOf } from '../../../core/errors.ts'
import { brandBytes, type SegmentId, type ShardId, type GroupId } from '../../../core/ids.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Files } from '../../../ports/files.ts'
import type { Random } from '../../../ports/random.ts'
import type { ShardEntry, ShardFacts, ShardStore } from '../../../ports/shard-store.ts'
import { BLOCK_BYTES, blockSum } from './block-sums.ts'
import { createGroupCommit } from './group-commit.ts'
import { type KeptSlot, scanSlabs } from './scan-slabs.ts'
import { createShardCipher } from './shard-cipher.ts'
import { keyTagOf, type ShardFooter } from './shard-footer.ts'
import { createSlabMoves } from './slab-moves.ts'
import { sizeOnDisk } from './slab-layout.ts'
import { createSlabRack } from './slab-rack.ts'
import { blocksOf, type BlockSums, encodeSlotFooter } from './slot-footer.ts'
import { createTurns } from '../../../flow/turns.ts'

/** A shard store and the losses that its start found. */
export interface SlabShardStore extends ShardStore {
  /** Places whose shard was torn, cut off or damaged at its footer; they are wiped. */
  readonly lost: readonly string[]
  /** Resolves once slabs that hold little have been emptied into others, as far as a remove has set that off. */
  settled(): Promise<void>
  /** Ends the store; later calls throw 'storage-unavailable'. */
  close(): Promise<void>
}

/** The parts that the store works with. */
export interface ShardStoreParts {
  readonly files: Files
  readonly subtle: SubtleCrypto
  readonly random: Random
  readonly clock: Clock
  /** 32 bytes. Shards that were wrapped under another key are left alone, unlisted. */
  readonly storageKey: Bytes
  /** Gets buffers that are no longer used. */
  readonly free?: FreeBytes
  /** Bytes of a full slab, `SLAB_BYTES` when absent. */
  readonly slabBytes?: number
}

/**
 * Most wraps at once: wrapped bytes are written while they are still in the processor's cache, and with many at once each would wait for
 * all.
 */
const WRAPS_AT_ONCE = 2

/**
 * Opens the shards in the slabs under `slabs/`, and those of the layout of one file per shard, which can be read at once and move into
 * slabs as there is room.
 *
 * A draft has its slot, and the room for it, from its first write on, so a full disk refuses a shard before its bytes are sent for nothing.
 * Every write of a draft but the last renews `kept` in its footer after the bytes it counts. That order holds when the program ends at any
 * point. Drafts are flushed to the disk only when they are sealed, together with others: after a loss of power a draft may hold less than
 * its footer says, and a whole shard that was not acknowledged may be torn, which the sums of its blocks show.
 */
export async function openSlabShardStore(parts: ShardStoreParts): Promise<SlabShardStore> {
  const { files, subtle, random, clock, storageKey, free, slabBytes } = parts
  const keyTag = keyTagOf(storageKey)
  const cipher = await createShardCipher(subtle, storageKey)
  const inTurn = createTurns<string>()
  const commit = createGroupCommit(clock)
  const rack = createSlabRack(files, slabBytes)
  const { slots, lost } = await scanSlabs(files, rack, keyTag)
  const moves = createSlabMoves({ rack, slots, inTurn, writeFooter, sumUp })
  let isOpen = true
  let wraps = 0

  function slotOf(name: string): KeptSlot {
    const kept = slots.get(name)
    if (!kept) throw new HoardError('not-found', { shardId: name })
    return kept
  }

  function refuseClosed(): void {
    if (!isOpen) throw new HoardError('storage-unavailable', { reason: 'closed' })
  }

  function footerOf({ slab, slot, footer, sums }: KeptSlot): { readonly offset: number; readonly bytes: Bytes } {
    return { offset: slab.layout.footerAt(slot), bytes: encodeSlotFooter(footer, sums, keyTag, slab.layout.footerBytes) }
  }

  async function writeFooter(kept: KeptSlot): Promise<void> {
    const { offset, bytes } = footerOf(kept)
    await kept.slab.file.write(offset, bytes)
  }

  /** Begins a draft. A shard that comes in one write needs no room made before. */
  async function begin(name: string, facts: ShardFacts, bytes: number, at: number): Promise<KeptSlot> {
    const place = await (bytes === facts.length ? rack.take(name, facts.length) : rack.takeRoom(name, facts.length))
    const footer: ShardFooter = { entry: { ...ownFacts(facts), isWhole: false, kept: 0, at }, iv: random.bytes(16) }
    const kept: KeptSlot = { ...place, footer, sums: [] }
    slots.set(name, kept)
    return kept
  }

  async function fill(name: string, kept: KeptSlot, offset: number, bytes: Uint8Array, at: number): Promise<void> {
    const { slab, slot, footer, sums } = kept
    const { entry, iv } = footer
    const end = offset + bytes.length
    // Forget the sums of blocks that are overwritten; they are known again once the write is done.
    sums.length = Math.min(sums.length, Math.floor(offset / BLOCK_BYTES))
    const found: BlockSums = []
    try {
      await inTurn(`wrap ${++wraps % WRAPS_AT_ONCE}`, async () => {
        const wrapped = await cipher.wrap(iv, offset, bytes)
        for (let block = Math.ceil(offset / BLOCK_BYTES); block < blocksOf(entry.length); block++) {
          const blockEnd = Math.min(entry.length, (block + 1) * BLOCK_BYTES)
          if (blockEnd > end) break
          found[block] = blockSum(wrapped.subarray(block * BLOCK_BYTES - offset, blockEnd - offset))
        }
        await slab.write(slot, offset, wrapped)
        free?.(wrapped)
      })
      const next = { ...kept, footer: { entry: { ...entry, kept: Math.max(entry.kept, end), at }, iv } }
      // The footer that makes the shard whole covers the last bytes too.
      if (end < entry.length) await writeFooter(next)
      slots.set(name, next)
    } catch (error) {
      // A write that failed half-way may have damaged the bytes it overlapped.
      slots.set(name, { ...kept, footer: { entry: { ...entry, kept: Math.min(entry.kept, offset) }, iv } })
      if (codeOf(error) === 'not-found') await forget(kept)
      throw error
    }
    found.forEach((sum, block) => (sums[block] = sum))
  }

  /** Computes the sums of blocks that no single write covered, from the disk. */
  async function sumUp({ slab, slot, footer, sums }: KeptSlot): Promise<void> {
    const { length } = footer.entry
    for (let block = 0; block < blocksOf(length); block++) {
      const at = block * BLOCK_BYTES
      sums[block] ??= blockSum(await slab.file.read(slab.layout.payloadAt(slot) + at, Math.min(BLOCK_BYTES, length - at)))
    }
  }

  /** Forgets every shard of a slab whose file is gone: later calls throw 'not-found'. */
  async function forget({ slab }: KeptSlot): Promise<void> {
    for (const [, name] of slab.owners()) if (slots.get(name)?.slab === slab) slots.delete(name)
    await rack.forget(slab)
  }

  async function readChecked(kept: KeptSlot, offset: number, length: number): Promise<Bytes> {
    const { slab, slot, footer, sums } = kept
    const shardId = hex(footer.entry.shardId)
    const from = offset - (offset % BLOCK_BYTES)
    const to = Math.min(footer.entry.kept, Math.ceil((offset + length) / BLOCK_BYTES) * BLOCK_BYTES)
    const wrapped = await slab.file.read(slab.layout.payloadAt(slot) + from, to - from)
    if (wrapped.length !== to - from) throw new HoardError('storage-damaged', { shardId, offset, length })
    for (let at = from; at < to; at += BLOCK_BYTES) {
      const sum = sums[at / BLOCK_BYTES]
      if (sum === undefined) continue
      if (blockSum(wrapped.subarray(at - from, at - from + BLOCK_BYTES)) !== sum) throw new HoardError('storage-damaged', { shardId, at })
    }
    const bytes = await cipher.wrap(footer.iv, offset, wrapped.subarray(offset - from, offset - from + length))
    free?.(wrapped)
    return bytes
  }

  moves.look()
  return {
    lost,
    sizeOnDisk,
    settled: () => moves.settled(),
    async close() {
      isOpen = false
      await moves.stop()
      await rack.close()
    },
    write(facts, offset, bytes, at) {
      const name = hex(facts.shardId)
      return commit.busy(() =>
        inTurn(name, async () => {
          refuseClosed()
          const kept = slots.get(name)
          const known = kept?.footer.entry
          assert(!known?.isWhole, 'a whole shard is not written again')
          assert(!known || known.length === facts.length, 'a shard id has one length')
          assert(offset >= 0 && offset <= (known?.kept ?? 0) && offset + bytes.length <= facts.length, 'a draft is filled from the front')
          if (kept) return fill(name, kept, offset, bytes, at)
          const begun = await begin(name, facts, bytes.length, at)
          await fill(name, begun, offset, bytes, at).catch(async (error: unknown) => {
            // A shard refused in its only write leaves nothing, not even a footer.
            if (codeOf(error) === 'storage-full' && bytes.length === facts.length && slots.delete(name)) await rack.release(begun)
            throw error
          })
        }),
      )
    },

    seal(shardId, at) {
      const name = hex(shardId)
      return inTurn(name, async () => {
        refuseClosed()
        const kept = slotOf(name)
        const { entry, iv } = kept.footer
        if (entry.isWhole) return
        assert(entry.kept === entry.length, 'only a complete draft is sealed')
        const whole = { ...kept, footer: { entry: { ...entry, isWhole: true, at }, iv } }
        await commit.durable(async () => {
          await sumUp(kept)
          return { file: kept.slab.file, bytes: entry.length, footer: footerOf(whole) }
        })
        slots.set(name, whole)
      })
    },

    async read(shardId, offset, length) {
      const name = hex(shardId)
      for (;;) {
        refuseClosed()
        const kept = slotOf(name)
        if (offset < 0 || length < 0 || offset + length > kept.footer.entry.kept)
          throw new HoardError('not-found', { shardId: name, offset, length })
        try {
          const bytes = await readChecked(kept, offset, length)
          const now = slots.get(name)
          // Another shard may have the slot by now. A draft that was begun anew has another counter block.
          if (now?.slab === kept.slab && now.slot === kept.slot && now.footer.iv === kept.footer.iv) return bytes
        } catch (error) {
          // The shard was moved or written to meanwhile: read it again.
          if (slots.get(name) !== kept) continue
          if (codeOf(error) === 'not-found') await forget(kept)
          throw error
        }
      }
    },

    remove(shardId) {
      const name = hex(shardId)
      return inTurn(name, async () => {
        refuseClosed()
        const kept = slots.get(name)
        if (!kept) return
        await kept.slab.wipe(kept.slot).catch((error: unknown) => {
          if (codeOf(error) !== 'not-found') throw error
        })
        slots.delete(name)
        await rack.release(kept)
        moves.look()
      })
    },

    compact: async () => moves.look('all'),

    async list() {
      return [...slots.values()].map(({ footer }): ShardEntry => footer.entry)
    },
  }
}

/** Returns the facts alone, in arrays that nobody else can change. */
function ownFacts({ shardId, length, groupId, segmentId, index }: ShardFacts): ShardFacts {
  return {
    shardId: brandBytes<ShardId>(shardId.slice()),
    length,
    groupId: brandBytes<GroupId>(groupId.slice()),
    segmentId: brandBytes<SegmentId>(segmentId.slice()),
    index,
  }
}
