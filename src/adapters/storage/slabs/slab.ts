import type { Files, RandomAccessFile } from '../../../ports/files.ts'
import { type SlabLayout, SLAB_DIRECTORY, slabNameOf } from './slab-layout.ts'
import { createTurns } from '../../../flow/turns.ts'
import { codeOf } from '../../../core/errors.ts'

/** One slab file: its taken slots and their owners. */
export interface Slab {
  readonly path: string
  readonly number: number
  readonly layout: SlabLayout
  readonly file: RandomAccessFile
  /** Number of slots taken, those of a later version of the app included. */
  live(): number
  /** Takes a free slot for `owner`; undefined when the slab is full. The caller may still have to make room for it: `makeRoom`. */
  take(owner: string): number | undefined
  /** Notes the owner of `slot`, as the disk tells it. */
  note(slot: number, owner: string): void
  free(slot: number): void
  owners(): Iterable<readonly [slot: number, owner: string]>
  /** Makes the file long enough for `slot`, in steps, so that the disk will not refuse its payload. Throws 'storage-full'. */
  makeRoom(slot: number): Promise<void>
  /** Writes into the payload of a taken slot. Without room made before, the file grows by the write, or stays as it was. */
  write(slot: number, offset: number, bytes: Uint8Array): Promise<void>
  /** Empties the slot's footer. */
  wipe(slot: number): Promise<void>
  /** Number of slots in the file that nobody has taken. */
  spareSlots(): number
  /** Returns the taken slot nearest the end of the file, which keeps it from being cut. */
  last(): { readonly slot: number; readonly owner: string } | undefined
  /** Cuts the file off behind the last taken slot. */
  shrink(): Promise<void>
}

/** Most bytes by which a slab grows at once, or a sixteenth if that is less: the disk takes little more than is kept. */
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
  /** No slot before this one is free. */
  let lowest = 0
  /** No slot behind this one is taken. */
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

  /** Writes beyond the end, in turn: no two such writes overlap, and cutting one off again takes nobody's bytes. */
  async function writeBeyond(at: number, bytes: Uint8Array): Promise<void> {
    try {
      await file.write(at, bytes)
    } catch (error) {
      await file.truncate(length).catch(() => undefined)
      throw error
    }
    length = Math.max(length, at + bytes.length)
  }

  /** Grows the file by a byte at the end: a browser that only sets a file's length does not count the room before it is written. */
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
    // The file may end before the end of the last taken slot.
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
