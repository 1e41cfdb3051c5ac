import { hex } from '../../../core/bytes.ts'
import type { Files } from '../../../ports/files.ts'
import { BLOCK_BYTES, blockSum } from './block-sums.ts'
import { scanOldShardFiles } from './old-shard-files.ts'
import type { ShardFooter } from './shard-footer.ts'
import { type Slab, openSlab } from './slab.ts'
import { readSlabName, SLAB_DIRECTORY, SLOTS_PER_EXTENT } from './slab-layout.ts'
import type { Place, SlabRack } from './slab-rack.ts'
import { type BlockSums, readSlotFooter } from './slot-footer.ts'
import { codeOf } from '../../../core/errors.ts'

/** A shard or draft in its slot. */
export interface KeptSlot extends Place {
  readonly footer: ShardFooter
  /** Sums of the payload as it lies on disk; shared with the writer of the draft. */
  readonly sums: BlockSums
}

/** The content of the slabs, by shard id in hexadecimal. */
export interface SlabScan {
  readonly slots: Map<string, KeptSlot>
  /** Slots, as `slab/slot`, that were wiped because their footers could not be read. */
  readonly lost: string[]
}

const NOT_OURS = 'not ours'

/**
 * Puts every slab on disk into `rack` and reads the footers in it, 64 at a time. Wipes footers that are torn, whose payload is cut off, or
 * whose shard is here twice. Leaves alone, unlisted, slots and files of a later version of the app, of another device or of somebody else,
 * and slabs that the disk cannot read. Shards in files of their own, as older versions wrote them, count as well.
 */
export async function scanSlabs(files: Files, rack: SlabRack, keyTag: Uint8Array): Promise<SlabScan> {
  const slots = new Map<string, KeptSlot>()
  const lost: string[] = []
  const unread = new Set<Slab>()

  async function wipe(slab: Slab, slot: number): Promise<void> {
    await slab.wipe(slot)
    slab.free(slot)
  }

  async function take(found: KeptSlot): Promise<void> {
    const { slab, slot, footer } = found
    const name = hex(footer.entry.shardId)
    const other = slots.get(name)
    slab.note(slot, name)
    slots.set(name, found)
    if (!other) return
    // A move was cut between its two ends: keep the copy that reads well.
    const isBetter = (await isReadable(found)) && !(other.footer.entry.isWhole && (await isReadable(other)))
    if (!isBetter) slots.set(name, other)
    const worse = isBetter ? other : found
    await wipe(worse.slab, worse.slot)
  }

  async function scan(slab: Slab): Promise<void> {
    const { layout, file } = slab
    const length = await file.length()
    for (let first = 0; first < layout.slots && layout.footerAt(first) < length; first += SLOTS_PER_EXTENT) {
      const table = await file.read(layout.footerAt(first), SLOTS_PER_EXTENT * layout.footerBytes)
      for (let at = 0; (at + 1) * layout.footerBytes <= table.length; at++) {
        const slot = first + at
        const reading = readSlotFooter(table.subarray(at * layout.footerBytes, (at + 1) * layout.footerBytes), keyTag, layout.slotBytes)
        if (reading.is === 'newer' || reading.is === 'of another device') slab.note(slot, NOT_OURS)
        else if (reading.is === 'ours' && layout.payloadAt(slot) + reading.footer.entry.kept <= length) {
          await take({ slab, slot, footer: reading.footer, sums: reading.sums })
        } else if (reading.is !== 'free') {
          lost.push(`${slab.path}/${slot}`)
          await wipe(slab, slot)
        }
      }
    }
  }

  for (const fileName of await files.list(SLAB_DIRECTORY)) {
    const name = readSlabName(fileName)
    if (!name) continue
    const slab = await openSlab(files, rack.layoutOf(name.slotBytes), name.number)
    rack.add(slab)
    await scan(slab).catch((error: unknown) => {
      // The slots read so far count; the rest of the slab is lost, as after a cut.
      if (codeOf(error) !== 'storage-damaged') throw error
      lost.push(slab.path)
      unread.add(slab)
    })
  }
  for await (const found of scanOldShardFiles(files, keyTag)) {
    if ('lost' in found) lost.push(found.lost)
    else {
      rack.adopt(found.slab)
      await take({ slab: found.slab, slot: 0, footer: found.footer, sums: [] })
    }
  }
  for (const slab of rack.slabs()) {
    if (slab.live() > 0 || unread.has(slab)) continue
    await rack.forget(slab)
    await files.remove(slab.path)
  }
  return { slots, lost }
}

async function isReadable({ slab, slot, footer, sums }: KeptSlot): Promise<boolean> {
  const { length, isWhole } = footer.entry
  if (!isWhole) return false
  for (let block = 0; block < sums.length; block++) {
    const at = block * BLOCK_BYTES
    const bytes = await slab.file.read(slab.layout.payloadAt(slot) + at, Math.min(BLOCK_BYTES, length - at))
    if (blockSum(bytes) !== sums[block]) return false
  }
  return true
}
