import { MAX_SEGMENT_BYTES } from '../../../core/sizes.ts'
import { BLOCK_BYTES } from './block-sums.ts'
import { FOOTER_BYTES } from './shard-footer.ts'

/** The directory of slabs. */
export const SLAB_DIRECTORY = 'slabs'
/** Largest size of a slab. */
export const SLAB_BYTES = 1024 ** 3

/** The layout of a slab of one size class: extents of 64 slots, in each of them first all footers, then all payloads. */
export interface SlabLayout {
  /** Bytes of room for a payload. */
  readonly slotBytes: number
  /** Bytes of a footer with the sums of its payload. */
  readonly footerBytes: number
  /** Slots in a slab that has grown to its full size. */
  readonly slots: number
  footerAt(slot: number): number
  payloadAt(slot: number): number
  /** Returns the length of a file that has room for the slot. */
  endOf(slot: number): number
  /** Returns the number of slots that a file of `length` bytes has room for. */
  slotsIn(length: number): number
}

/** Classes between one power of two and the next: a slot exceeds its shard by at most a sixteenth. */
const STEPS = 16
/**
 * Slots whose footers stand together: enough that a start reads them in few calls, and few enough that a slab of tiny shards stays small.
 */
export const SLOTS_PER_EXTENT = 64
const SMALLEST_SLOT_BYTES = 4096
const SMALLEST_STEP_BYTES = SMALLEST_SLOT_BYTES / STEPS
const LARGEST_SLOT_BYTES = MAX_SEGMENT_BYTES / 2
const FOOTER_STEP_BYTES = 32

/**
 * Returns the smallest class that holds `length` bytes, at most 32 MiB: 16 to 31 times a power of two, 4 KiB to 32 MiB, so at most a
 * sixteenth apart. Slabs of earlier versions have 16, 20, 24 or 28 times a power of two.
 */
export function slotBytesFor(length: number): number {
  let unit = SMALLEST_STEP_BYTES
  while ((2 * STEPS - 1) * unit < length && 2 * STEPS * unit <= LARGEST_SLOT_BYTES) unit *= 2
  return unit * Math.max(STEPS, Math.ceil(length / unit))
}

/** Returns the layout of slabs whose slots have room for `slotBytes`. */
export function layoutOf(slotBytes: number, slabBytes = SLAB_BYTES): SlabLayout {
  const sums = Math.ceil(slotBytes / BLOCK_BYTES)
  const footerBytes = Math.ceil((FOOTER_BYTES + 4 * sums + 4) / FOOTER_STEP_BYTES) * FOOTER_STEP_BYTES
  const tableBytes = SLOTS_PER_EXTENT * footerBytes
  const extentBytes = tableBytes + SLOTS_PER_EXTENT * slotBytes
  const startOf = (slot: number): number => Math.floor(slot / SLOTS_PER_EXTENT) * extentBytes
  const payloadAt = (slot: number): number => startOf(slot) + tableBytes + (slot % SLOTS_PER_EXTENT) * slotBytes
  const slotsIn = (length: number): number =>
    Math.floor(length / extentBytes) * SLOTS_PER_EXTENT + Math.max(0, Math.floor(((length % extentBytes) - tableBytes) / slotBytes))
  return {
    slotBytes,
    footerBytes,
    slots: Math.max(1, slotsIn(slabBytes)),
    footerAt: (slot) => startOf(slot) + (slot % SLOTS_PER_EXTENT) * footerBytes,
    payloadAt,
    endOf: (slot) => payloadAt(slot) + slotBytes,
    slotsIn,
  }
}

/** Returns the bytes that a shard of `length` bytes takes: its slot and its footer, also while it is half done. */
export function sizeOnDisk(length: number): number {
  const { slotBytes, footerBytes } = layoutOf(slotBytesFor(length))
  return slotBytes + footerBytes
}

/** Returns the file name of a slab: it contains the class, so that no header can be lost. */
export function slabNameOf(slotBytes: number, number: number): string {
  return `${slotBytes}-${number}`
}

/**
 * Reads a file name; returns undefined when it is not that of a slab. Other versions may have other classes: any whole number of the
 * smallest steps is one.
 */
export function readSlabName(name: string): { readonly slotBytes: number; readonly number: number } | undefined {
  const [, slotText = '', numberText = ''] = /^([1-9]\d{3,7})-(0|[1-9]\d{0,8})$/.exec(name) ?? []
  const slotBytes = Number(slotText)
  if (slotBytes < SMALLEST_SLOT_BYTES || slotBytes > LARGEST_SLOT_BYTES || slotBytes % SMALLEST_STEP_BYTES !== 0) return undefined
  return { slotBytes, number: Number(numberText) }
}
