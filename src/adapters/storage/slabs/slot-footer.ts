import type { Bytes } from '../../../core/bytes.ts'
import { BLOCK_BYTES, blockSum } from './block-sums.ts'
import { encodeFooter, FOOTER_BYTES, readFooter, type ShardFooter } from './shard-footer.ts'

/** Sums of the blocks of a payload as it lies on disk; undefined where a draft's sum is not known. */
export type BlockSums = (number | undefined)[]

/** The result of reading a slot's footer. */
export type SlotReading =
  | { readonly is: 'ours'; readonly footer: ShardFooter; readonly sums: BlockSums }
  | { readonly is: 'free' }
  | { readonly is: 'newer' }
  | { readonly is: 'of another device' }
  | { readonly is: 'foreign' }

/** Returns the number of blocks of a payload of `length` bytes. */
export function blocksOf(length: number): number {
  return Math.ceil(length / BLOCK_BYTES)
}

/**
 * Returns the `footerBytes` of a slot: the footer of the shard, then for a whole one the sum of each block, u32 big-endian, and a sum over
 * these and the footer. A draft has zeros in place of the sums; where there is room for the footer alone, there are none.
 */
export function encodeSlotFooter(footer: ShardFooter, sums: BlockSums, keyTag: Uint8Array, footerBytes: number): Bytes {
  const bytes = new Uint8Array(footerBytes)
  bytes.set(encodeFooter(footer, keyTag))
  if (!footer.entry.isWhole || footerBytes === FOOTER_BYTES) return bytes
  const view = new DataView(bytes.buffer)
  const end = FOOTER_BYTES + 4 * blocksOf(footer.entry.length)
  for (let at = FOOTER_BYTES; at < end; at += 4) view.setUint32(at, sums[(at - FOOTER_BYTES) / 4] ?? NaN)
  view.setUint32(end, blockSum(bytes.subarray(0, end)))
  return bytes
}

/** Reads the footer of a slot of `slotBytes`; `keyTag` is that of the present storage key. */
export function readSlotFooter(bytes: Uint8Array, keyTag: Uint8Array, slotBytes: number): SlotReading {
  if (bytes.every((byte) => byte === 0)) return { is: 'free' }
  const reading = readFooter(bytes.subarray(0, FOOTER_BYTES), keyTag)
  if (reading.is !== 'ours') return reading
  const { footer } = reading
  const { isWhole, length } = footer.entry
  if (length > slotBytes) return { is: 'foreign' }
  if (!isWhole) return { is: 'ours', footer, sums: [] }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const blocks = blocksOf(length)
  const end = FOOTER_BYTES + 4 * blocks
  if (view.getUint32(end) !== blockSum(bytes.subarray(0, end))) return { is: 'foreign' }
  return { is: 'ours', footer, sums: Array.from({ length: blocks }, (_, block) => view.getUint32(FOOTER_BYTES + 4 * block)) }
}
