import { codeOf } from '../../core/errors.ts'
import type { KeptSlot } from './scan-slabs.ts'
import type { Slab } from './slab.ts'
import type { SlabRack } from './slab-rack.ts'
import type { Turns } from './turns.ts'

/** Gives disk back: empties slabs that hold little into others of their class, and unlinks them. */
export interface SlabMoves {
  /** Looks whether a slab can be spared, and begins to empty it when nothing is moved already. */
  look(): void
  /** Resolves once nothing is moved any more. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** Copied at once. */
const STRIPE_BYTES = 1024 * 1024

/** Returns moves between the slabs of `rack`; `slots` says where shards are, and is told. */
export function createSlabMoves(parts: {
  readonly rack: SlabRack
  readonly slots: Map<string, KeptSlot>
  readonly inTurn: Turns
  readonly writeFooter: (kept: KeptSlot) => Promise<void>
}): SlabMoves {
  const { rack, slots, inTurn, writeFooter } = parts
  let moving: Promise<void> | undefined
  let isStopped = false

  /** The copy is durable before the original goes; when the program ends between, the next start finds both and keeps one. */
  async function move(name: string, from: Slab): Promise<void> {
    const kept = slots.get(name)
    if (kept?.slab !== from) return
    const { kept: length } = kept.footer.entry
    const place = await rack.take(name, kept.footer.entry.length, from)
    const { slab, slot } = place
    try {
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
    slots.set(name, { ...kept, slab, slot })
    await from.wipe(kept.slot)
    await rack.release(kept)
  }

  async function empty(slab: Slab): Promise<void> {
    for (const [, name] of [...slab.owners()]) {
      if (isStopped) return
      await inTurn(name, () => move(name, slab))
    }
  }

  async function moveAll(): Promise<void> {
    for (let slab = rack.spare(); slab && !isStopped;) {
      await empty(slab)
      const next = rack.spare()
      // What cannot be moved stays: shards of a later version.
      slab = next === slab ? undefined : next
    }
  }

  return {
    look() {
      if (moving || isStopped || rack.spare() === undefined) return
      moving = moveAll()
        // A disk that is full or away leaves the shards where they are; a later look tries again.
        .catch((error: unknown) => {
          if (codeOf(error) === undefined) throw error
        })
        .finally(() => (moving = undefined))
    },
    settled: async () => moving,
    async stop() {
      isStopped = true
      await moving
    },
  }
}
