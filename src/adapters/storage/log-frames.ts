import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, utf8, type Bytes } from '../../core/bytes.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import { TABLES } from './catalog-tables.ts'

/** Bytes before a frame's content: u32 length, then 8 bytes of checksum. */
const FRAME_HEAD_BYTES = 12
const CHECKSUM_BYTES = 8

/** One commit as it stands in the log. */
export interface Frame {
  /** The state after it; in a snapshot, the state that the snapshot holds. */
  readonly generation: number
  readonly changes: readonly CatalogChange[]
}

/** A frame with the offset at which the next one begins. */
export interface FrameAt {
  readonly frame: Frame
  readonly end: number
}

/**
 * Returns `u32 length | first 8 bytes of SHA-256 of the content | content`, where the content is `u64 generation | u32 count` and for each
 * change `u8 table | u8 1 with a value, 0 without | u16 bytes of key | u32 bytes of value | key in UTF-8 | value`. Big-endian.
 */
export function encodeFrame({ generation, changes }: Frame): Bytes {
  const start = new Uint8Array(12)
  const startView = new DataView(start.buffer)
  startView.setBigUint64(0, BigInt(generation))
  startView.setUint32(8, changes.length)
  const parts = changes.flatMap(({ table, key, value }) => {
    const keyBytes = utf8(key)
    const head = new Uint8Array(8)
    const view = new DataView(head.buffer)
    head.set([TABLES.indexOf(table), value ? 1 : 0])
    view.setUint16(2, keyBytes.length)
    view.setUint32(4, value?.length ?? 0)
    return [head, keyBytes, value ?? new Uint8Array()]
  })
  const content = concatBytes(start, ...parts)
  const head = new Uint8Array(FRAME_HEAD_BYTES)
  new DataView(head.buffer).setUint32(0, content.length)
  head.set(checksumOf(content), 4)
  return concatBytes(head, content)
}

/** Returns the frame at `offset` of `log`, undefined when what is there is not a whole, undamaged one. */
export function readFrame(log: Uint8Array, offset: number): FrameAt | undefined {
  const end = frameEnd(log, offset)
  if (end === undefined) return undefined
  const content = log.subarray(offset + FRAME_HEAD_BYTES, end)
  if (!equalBytes(log.subarray(offset + 4, offset + FRAME_HEAD_BYTES), checksumOf(content))) return undefined
  const frame = decodeContent(content)
  return frame && { frame, end }
}

/** Returns where the frame at `offset` ends by its own word, undefined when that lies beyond `log`. */
export function frameEnd(log: Uint8Array, offset: number): number | undefined {
  if (offset + FRAME_HEAD_BYTES > log.length) return undefined
  const end = offset + FRAME_HEAD_BYTES + new DataView(log.buffer, log.byteOffset).getUint32(offset)
  return end <= log.length ? end : undefined
}

function decodeContent(content: Uint8Array): Frame | undefined {
  if (content.length < 12) return undefined
  const view = new DataView(content.buffer, content.byteOffset, content.length)
  const generation = Number(view.getBigUint64(0))
  const count = view.getUint32(8)
  const changes: CatalogChange[] = []
  let at = 12
  for (let change = 0; change < count; change++) {
    if (at + 8 > content.length) return undefined
    const table = TABLES[view.getUint8(at)]
    const hasValue = view.getUint8(at + 1) === 1
    const keyAt = at + 8
    const valueAt = keyAt + view.getUint16(at + 2)
    at = valueAt + view.getUint32(at + 4)
    if (!table || at > content.length) return undefined
    const key = new TextDecoder().decode(content.subarray(keyAt, valueAt))
    changes.push(hasValue ? { table, key, value: content.slice(valueAt, at) } : { table, key })
  }
  return at === content.length ? { generation, changes } : undefined
}

function checksumOf(content: Uint8Array): Bytes {
  return new Uint8Array(sha256(content)).slice(0, CHECKSUM_BYTES)
}
