import { hex } from '../../../core/bytes.ts'
import type { KeptSlot } from './scan-slabs.ts'
import type { Slab } from './slab.ts'
import type { Place, SlabRack } from './slab-rack.ts'
import type { Turns } from '../../../flow/turns.ts'
import { codeOf } from '../../../core/errors.ts'

/**
 * Gives disk back: empties slabs that hold little, and files of a single shard, into others of their class, and unlinks them; moves the
 * last shards of a slab into its free slots and cuts it off behind them.
 */
export interface SlabMoves {
  /** Begins to give back what is worth it, or whatever there is: after what is moved already. */
  look(what?: 'worth-it' | 'all'): void
  /** Resolves once nothing is moved any more. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** Copied at once. */
const STRIPE_BYTES = 1024 * 1024
/** How much of a slab must lie idle, and how many bytes of it. */
interface Worth {
  readonly share: number
  readonly bytes: number
}

/** A larger share than a slab grows by at once, so that it does not shrink and grow in turns; what is moved is never more than what is given back. */
const WORTH_IT: Worth = { share: 1 / 8, bytes: 1024 * 1024 }
const ALL: Worth = { share: 0, bytes: 0 }

/** Returns moves between the slabs of `rack`; `slots` says where shards are, and is told. */
export function createSlabMoves(parts: {
  readonly rack: SlabRack
  readonly slots: Map<string, KeptSlot>
  readonly inTurn: Turns<string>
  readonly writeFooter: (kept: KeptSlot) => Promise<void>
  /** Finds out the sums of a whole shard that are not known. */
  readonly sumUp: (kept: KeptSlot) => Promise<void>
}): SlabMoves {
  const { rack, slots, inTurn, writeFooter, sumUp } = parts
  let moving: Promise<void> | undefined
  let wanted: Worth | undefined
  let isStopped = false

  /** The copy is durable before the original goes; when the program ends between, the next start finds both and keeps one. */
  async function move(kept: KeptSlot, place: Place): Promise<void> {
    const { kept: length, isWhole, shardId } = kept.footer.entry
    const { slab: from } = kept
    const { slab, slot } = place
    try {
      if (isWhole) await sumUp(kept)
      for (let at = 0; at < length; at += STRIPE_BYTES) {
        const bytes = await from.file.read(from.layout.payloadAt(kept.slot) + at, Math.min(STRIPE_BYTES, length - at))
        await slab.file.write(slab.layout.payloadAt(slot) + at, bytes)
      }
      await writeFooter({ ...kept, slab, slot })
      await slab.file.flush()
    } catch (error) {
      await slab.wipe(slot).catch(() => undefined)
      await rack.release(place).catch(() => undefined)
      throw error
    }
    slots.set(hex(shardId), { ...kept, slab, slot })
    await from.wipe(kept.slot)
    await rack.release(kept)
  }

  async function empty(slab: Slab): Promise<void> {
    for (const [, name] of [...slab.owners()]) {
      if (isStopped) return
      await inTurn(name, async () => {
        const kept = slots.get(name)
        if (kept?.slab === slab) await move(kept, await rack.takeRoom(name, kept.footer.entry.length, slab))
      })
    }
  }

  /** Moves the last shards of a slab to the front, as long as there is room before them. */
  async function close(slab: Slab): Promise<void> {
    for (;;) {
      const last = slab.last()
      if (last === undefined || isStopped || !(await inTurn(last.owner, () => moveForward(slab, last)))) break
    }
    if (slab.live() > 0) await slab.shrink()
  }

  async function moveForward(slab: Slab, { slot, owner }: { readonly slot: number; readonly owner: string }): Promise<boolean> {
    const kept = slots.get(owner)
    // Removed meanwhile: there is another last one.
    if (kept === undefined && slab.last()?.slot !== slot) return true
    const free = kept?.slab === slab && kept.slot === slot ? slab.take(owner) : undefined
    if (kept === undefined || free === undefined) return false
    if (free > slot) {
      slab.free(free)
      return false
    }
    await move(kept, { slab, slot: free })
    return true
  }

  /** What cannot be moved, for want of room above all, stays where it is and keeps nothing else from moving: a later look tries again. */
  async function tried(slab: Slab, work: (slab: Slab) => Promise<void>): Promise<string | undefined> {
    try {
      await work(slab)
      return undefined
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined) throw error
      return code
    }
  }

  async function tidy({ share, bytes }: Worth): Promise<void> {
    for (let slab = rack.spare(); slab && !isStopped;) {
      await tried(slab, empty)
      const next = rack.spare()
      // It may hold shards of a later version.
      slab = next === slab ? undefined : next
    }
    for (const slab of rack.idle(share, bytes)) if (!isStopped) await tried(slab, close)
    let tooLarge = Infinity
    for (const slab of rack.adopted()) {
      const { slotBytes } = slab.layout
      if (isStopped || slotBytes >= tooLarge) continue
      if ((await tried(slab, empty)) === 'storage-full') tooLarge = slotBytes
    }
  }

  async function tidyAll(): Promise<void> {
    try {
      for (let worth = wanted; worth && !isStopped; worth = wanted) {
        wanted = undefined
        await tidy(worth)
      }
    } finally {
      moving = undefined
    }
  }

  return {
    look(what = 'worth-it') {
      const worth = what === 'all' ? ALL : (wanted ?? WORTH_IT)
      const isWorthIt = rack.adopted().length > 0 || rack.spare() !== undefined || rack.idle(worth.share, worth.bytes).length > 0
      if (isStopped || !isWorthIt) return
      wanted = worth
      moving ??= tidyAll()
    },
    settled: async () => moving,
    async stop() {
      isStopped = true
      await moving
    },
  }
}
