import type { Files, RandomAccessFile } from '../../../ports/files.ts'
import { type SlabLayout, SLAB_DIRECTORY, slabNameOf } from './slab-layout.ts'
import { createTurns } from '../../../flow/turns.ts'
import { codeOf } from '../../../core/errors.ts'

/** One slab file: which of its slots are taken, and by whom. */
export interface Slab {
  readonly path: string
  readonly number: number
  readonly layout: SlabLayout
  readonly file: RandomAccessFile
  /** Slots taken, those of a later version of the app included. */
  live(): number
  /** Takes a free slot for `owner`; undefined when the slab is full. Its room may have to be made still: `makeRoom`. */
  take(owner: string): number | undefined
  /** Notes who has `slot`, as the disk says it. */
  note(slot: number, owner: string): void
  free(slot: number): void
  owners(): Iterable<readonly [slot: number, owner: string]>
  /** Makes the file long enough for `slot`, in steps, so that its payload will not be refused. Throws 'storage-full'. */
  makeRoom(slot: number): Promise<void>
  /** Writes into the payload of a taken slot, of which no room may have been made: then the file grows by it, or stays as it was. */
  write(slot: number, offset: number, bytes: Uint8Array): Promise<void>
  /** Makes the slot's footer say that nothing is there. */
  wipe(slot: number): Promise<void>
  /** Slots in the file that nobody took. */
  spareSlots(): number
  /** The taken slot that keeps most of the file from being cut off. */
  last(): { readonly slot: number; readonly owner: string } | undefined
  /** Cuts off what lies behind the last slot that is taken. */
  shrink(): Promise<void>
}

/** Slabs grow by a sixteenth, and by no more than this at once: the disk takes little more than is kept. */
const LARGEST_STEP_BYTES = 4 * 1024 * 1024

/** Opens the slab `number` of `layout`'s class, making it when it is new; nothing counts as taken before `note`. */
export async function openSlab(files: Files, layout: SlabLayout, number: number): Promise<Slab> {
  const path = `${SLAB_DIRECTORY}/${slabNameOf(layout.slotBytes, number)}`
  const file = await files.open(path, { create: true })
  return createSlab(path, number, layout, file, await file.length())
}

/** Returns the slab in `file`, which has `fileBytes` now; nothing counts as taken before `note`. */
export function createSlab(path: string, number: number, layout: SlabLayout, file: RandomAccessFile, fileBytes: number): Slab {
  let length = fileBytes
  const ownerBySlot = new Map<number, string>()
  const inTurn = createTurns<string>()
  /** No slot before it is free. */
  let lowest = 0
  /** Nor any behind it taken. */
  let highest = -1

  function note(slot: number, owner: string): void {
    ownerBySlot.set(slot, owner)
    highest = Math.max(highest, slot)
  }

  function last(): { readonly slot: number; readonly owner: string } | undefined {
    for (; highest >= 0; highest--) {
      const owner = ownerBySlot.get(highest)
      if (owner !== undefined) return { slot: highest, owner }
    }
    return undefined
  }

  function usedLength(): number {
    const taken = last()
    return taken === undefined ? 0 : layout.endOf(taken.slot)
  }

  /** In its turn, so that no two overlap and what is cut off again is nobody's. */
  async function writeBeyond(at: number, bytes: Uint8Array): Promise<void> {
    try {
      await file.write(at, bytes)
    } catch (error) {
      await file.truncate(length).catch(() => undefined)
      throw error
    }
    length = Math.max(length, at + bytes.length)
  }

  /** By a byte at the end: a browser that only cuts a file to a length does not count it before it is written. */
  function grow(to: number): Promise<void> {
    return writeBeyond(to - 1, new Uint8Array(1))
  }

  return {
    path,
    number,
    layout,
    file,
    live: () => ownerBySlot.size,
    take(owner) {
      while (ownerBySlot.has(lowest)) lowest++
      if (lowest >= layout.slots) return undefined
      note(lowest, owner)
      return lowest
    },
    note,
    free(slot) {
      ownerBySlot.delete(slot)
      lowest = Math.min(lowest, slot)
    },
    owners: () => ownerBySlot.entries(),
    makeRoom: (slot) =>
      inTurn(path, async () => {
        const needed = layout.endOf(slot)
        if (length >= needed) return
        const step = Math.min(LARGEST_STEP_BYTES, Math.floor(length / 16))
        const wanted = Math.min(Math.max(needed, length + step), layout.endOf(layout.slots - 1))
        await grow(wanted).catch(async (error: unknown) => {
          if (codeOf(error) !== 'storage-full' || wanted === needed) throw error
          await grow(needed)
        })
      }),
    async write(slot, offset, bytes) {
      const at = layout.payloadAt(slot) + offset
      if (at + bytes.length <= length) await file.write(at, bytes)
      else await inTurn(path, () => writeBeyond(at, bytes))
    },
    // The last taken one may not be there to its end.
    spareSlots: () => Math.max(layout.slotsIn(length), (last()?.slot ?? -1) + 1) - ownerBySlot.size,
    last,
    shrink: () =>
      inTurn(path, async () => {
        const needed = usedLength()
        if (length <= needed) return
        await file.truncate(needed)
        length = needed
      }),
    wipe: (slot) => file.write(layout.footerAt(slot), new Uint8Array(layout.footerBytes)),
  }
}
