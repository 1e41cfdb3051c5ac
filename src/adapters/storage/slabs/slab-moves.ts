import { hex } from '../../../core/bytes.ts'
import type { KeptSlot } from './scan-slabs.ts'
import type { Slab } from './slab.ts'
import type { Place, SlabRack } from './slab-rack.ts'
import type { Turns } from '../../../flow/turns.ts'
import { codeOf } from '../../../core/errors.ts'

/**
 * Gives disk back: it empties slabs that hold little, and files of a single shard, into other slabs of their class, and removes them; it
 * moves the last shards of a slab into its free slots and cuts the file off behind them.
 */
export interface SlabMoves {
  /** Begins to give back what is worth it, or everything that it can; after moves already under way. */
  look(what?: 'worth-it' | 'all'): void
  /** Resolves once nothing is being moved. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** Most bytes that are copied at once. */
const STRIPE_BYTES = 1024 * 1024
/** Least share of a slab that must lie idle, and least bytes of it. */
interface Worth {
  readonly share: number
  readonly bytes: number
}

/**
 * A share larger than the step by which a slab grows, so that it does not shrink and grow in turns; a move never copies more than it gives
 * back.
 */
const WORTH_IT: Worth = { share: 1 / 8, bytes: 1024 * 1024 }
const ALL: Worth = { share: 0, bytes: 0 }

/** Returns moves between the slabs of `rack`; `slots` tells where shards are, and the moves update it. */
export function createSlabMoves(parts: {
  readonly rack: SlabRack
  readonly slots: Map<string, KeptSlot>
  readonly inTurn: Turns<string>
  readonly writeFooter: (kept: KeptSlot) => Promise<void>
  /** Computes the unknown sums of a whole shard. */
  readonly sumUp: (kept: KeptSlot) => Promise<void>
}): SlabMoves {
  const { rack, slots, inTurn, writeFooter, sumUp } = parts
  let moving: Promise<void> | undefined
  let wanted: Worth | undefined
  let isStopped = false

  /** Moves a shard: the copy is durable before the original goes. After a crash in between, the next start finds both and keeps one. */
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

  /** Moves the last shards of a slab to the front, as long as there are free slots before them. */
  async function close(slab: Slab): Promise<void> {
    for (;;) {
      const last = slab.last()
      if (last === undefined || isStopped || !(await inTurn(last.owner, () => moveForward(slab, last)))) break
    }
    if (slab.live() > 0) await slab.shrink()
  }

  async function moveForward(slab: Slab, { slot, owner }: { readonly slot: number; readonly owner: string }): Promise<boolean> {
    const kept = slots.get(owner)
    // The shard was removed meanwhile: another one is the last now.
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

  /**
   * Runs `work` and returns the code of its error. A shard that cannot be moved, mostly for want of room, stays until a later look and
   * holds up no other.
   */
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
      // The slab may hold shards of a later version and stay: end here.
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
