import type { Files } from '../../../ports/files.ts'
import { type Slab, openSlab } from './slab.ts'
import { layoutOf, type SlabLayout, slotBytesFor } from './slab-layout.ts'

/** A slot of a slab. */
export interface Place {
  readonly slab: Slab
  readonly slot: number
}

/** All slabs of a store. */
export interface SlabRack {
  layoutOf(slotBytes: number): SlabLayout
  add(slab: Slab): void
  /** Takes in a shard that lies in a file of its own, to be moved into a slab of its class. */
  adopt(slab: Slab): void
  slabs(): readonly Slab[]
  /** Returns the remaining files of a single shard. */
  adopted(): readonly Slab[]
  /** Takes a slot for a shard of `length` bytes outside `without`, in a new slab when all others are full. Throws 'storage-full'. */
  take(owner: string, length: number, without?: Slab): Promise<Place>
  /** Takes a slot and makes room for the shard, so that the disk will refuse none of its bytes. Throws 'storage-full'. */
  takeRoom(owner: string, length: number, without?: Slab): Promise<Place>
  /** Gives the slot back, and removes its file with the last one. Its footer is wiped already. */
  release(place: Place): Promise<void>
  /** Drops a slab whose file is gone. */
  forget(slab: Slab): Promise<void>
  /** Returns the emptiest slab that others of its class can take in with a quarter of a slab to spare, so that the next shards fit too. */
  spare(): Slab | undefined
  /** Returns slabs of which at least `share` of the slots, and more than `bytes`, lie idle. */
  idle(share: number, bytes: number): readonly Slab[]
  close(): Promise<void>
}

/** Returns the rack without slabs. */
export function createSlabRack(files: Files, slabBytes?: number): SlabRack {
  /** Slabs of a class, ascending by number. */
  const slabsByClass = new Map<number, Slab[]>()
  const adopted = new Set<Slab>()
  const layouts = new Map<number, SlabLayout>()
  const lastNumbers = new Map<number, number>()
  const opening = new Map<number, Promise<void>>()

  function layoutFor(slotBytes: number): SlabLayout {
    const layout = layouts.get(slotBytes) ?? layoutOf(slotBytes, slabBytes)
    layouts.set(slotBytes, layout)
    return layout
  }

  function add(slab: Slab): void {
    const { slotBytes } = slab.layout
    slabsByClass.set(
      slotBytes,
      [...ofClass(slotBytes), slab].toSorted((a, b) => a.number - b.number),
    )
    lastNumbers.set(slotBytes, Math.max(lastNumbers.get(slotBytes) ?? -1, slab.number))
  }

  /** Opens the next slab of a class. It uses no number twice in one run: a holder of the old file cannot mistake the new one for it. */
  function openNext(slotBytes: number): Promise<void> {
    const known = opening.get(slotBytes)
    if (known) return known
    const number = (lastNumbers.get(slotBytes) ?? -1) + 1
    lastNumbers.set(slotBytes, number)
    const opened = openSlab(files, layoutFor(slotBytes), number)
      .then(add)
      .finally(() => opening.delete(slotBytes))
    opening.set(slotBytes, opened)
    return opened
  }

  function ofClass(slotBytes: number): readonly Slab[] {
    return slabsByClass.get(slotBytes) ?? []
  }

  function allSlabs(): readonly Slab[] {
    return [...slabsByClass.values()].flat()
  }

  function drop(slab: Slab): void {
    adopted.delete(slab)
    const { slotBytes } = slab.layout
    const left = ofClass(slotBytes).filter((other) => other !== slab)
    if (left.length > 0) slabsByClass.set(slotBytes, left)
    else slabsByClass.delete(slotBytes)
  }

  function isHere(slab: Slab): boolean {
    return adopted.has(slab) || ofClass(slab.layout.slotBytes).includes(slab)
  }

  async function takeSlot(owner: string, slotBytes: number, without?: Slab): Promise<Place> {
    for (;;) {
      for (const slab of ofClass(slotBytes)) {
        const slot = slab === without ? undefined : slab.take(owner)
        if (slot !== undefined) return { slab, slot }
      }
      await openNext(slotBytes)
    }
  }

  async function remove(slab: Slab): Promise<void> {
    drop(slab)
    await slab.file.close()
    await files.remove(slab.path)
  }

  async function release({ slab, slot }: Place): Promise<void> {
    slab.free(slot)
    if (slab.live() === 0 && isHere(slab)) await remove(slab)
  }

  return {
    layoutOf: layoutFor,
    add,
    adopt: (slab) => void adopted.add(slab),
    slabs: () => [...allSlabs(), ...adopted],
    adopted: () => [...adopted],
    take: (owner, length, without) => takeSlot(owner, slotBytesFor(length), without),
    async takeRoom(owner, length, without) {
      const place = await takeSlot(owner, slotBytesFor(length), without)
      try {
        await place.slab.makeRoom(place.slot)
      } catch (error) {
        await release(place).catch(() => undefined)
        throw error
      }
      return place
    },
    release,
    async forget(slab) {
      drop(slab)
      await slab.file.close()
    },
    spare() {
      for (const ofOne of slabsByClass.values()) {
        const [emptiest, ...others] = ofOne.toSorted((a, b) => a.live() - b.live())
        if (!emptiest || others.length === 0) continue
        const { slots } = emptiest.layout
        const free = others.reduce((sum, slab) => sum + slots - slab.live(), 0)
        if (emptiest.live() + slots / 4 <= free) return emptiest
      }
      return undefined
    },
    idle: (share, bytes) =>
      allSlabs().filter((slab) => {
        const idle = slab.spareSlots()
        return idle > 0 && idle * slab.layout.slotBytes > bytes && idle >= share * (idle + slab.live())
      }),
    async close() {
      for (const slab of allSlabs()) await slab.file.close()
    },
  }
}
