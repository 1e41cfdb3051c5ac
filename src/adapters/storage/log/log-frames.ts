import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, utf8, type Bytes } from '../../../core/bytes.ts'
import type { CatalogChange } from '../../../ports/catalog.ts'
import { TABLES } from './catalog-tables.ts'

/** Bytes before a frame's content: u32 length, then 8 bytes of checksum. */
const FRAME_HEAD_BYTES = 12
const CHECKSUM_BYTES = 8
/** Bytes of a content without changes. */
const CONTENT_HEAD_BYTES = 12
/** Most commits of a log; a higher generation is not read as one. */
const MOST_COMMITS = 2 ** 32

/** One commit, as the log holds it. */
export interface Frame {
  /** The state after the commit; in a snapshot, the state that the snapshot holds. */
  readonly generation: number
  readonly changes: readonly CatalogChange[]
}

/** A frame with the offset at which the next one begins. */
export interface FrameAt {
  readonly frame: Frame
  readonly end: number
}

/**
 * Returns `u32 length | first 8 bytes of SHA-256(salt || content) | content`, where the content is `u64 generation | u32 count` and for
 * each change `u8 table | u8 1 with a value, 0 without | u16 bytes of key | u32 bytes of value | key in UTF-8 | value`. Big-endian. The
 * salt is the id of the catalog, which nobody else knows: a stranger's bytes inside a value are never taken for a frame.
 */
export function encodeFrame({ generation, changes }: Frame, salt: Uint8Array): Bytes {
  const start = new Uint8Array(CONTENT_HEAD_BYTES)
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
  head.set(checksumOf(content, salt), 4)
  return concatBytes(head, content)
}

/** Returns the frame at `offset` of `log`, undefined when there is no whole, undamaged frame. */
export function readFrame(log: Uint8Array, offset: number, salt: Uint8Array): FrameAt | undefined {
  const end = frameEnd(log, offset)
  if (end === undefined) return undefined
  const content = log.subarray(offset + FRAME_HEAD_BYTES, end)
  if (!equalBytes(log.subarray(offset + 4, offset + FRAME_HEAD_BYTES), checksumOf(content, salt))) return undefined
  const frame = decodeContent(content)
  return frame && { frame, end }
}

/**
 * Returns the first readable frame at or behind `offset` whose generation is above `generation`, undefined when there is none: then the
 * bytes there are the torn tail of a write that was never acknowledged.
 */
export function findFrame(log: Uint8Array, offset: number, generation: number, salt: Uint8Array): FrameAt | undefined {
  const view = new DataView(log.buffer, log.byteOffset, log.length)
  for (let at = offset; at + FRAME_HEAD_BYTES + CONTENT_HEAD_BYTES <= log.length; at++) {
    // Cheap tests come before a digest: a length that fits and a possible generation.
    const length = view.getUint32(at)
    if (length < CONTENT_HEAD_BYTES || length > log.length - at - FRAME_HEAD_BYTES) continue
    const next = Number(view.getBigUint64(at + FRAME_HEAD_BYTES))
    if (next <= generation || next > generation + MOST_COMMITS) continue
    const found = readFrame(log, at, salt)
    if (found) return found
  }
  return undefined
}

/** Returns the end of the frame at `offset` by its own length, undefined when it lies beyond `log`. */
export function frameEnd(log: Uint8Array, offset: number): number | undefined {
  if (offset + FRAME_HEAD_BYTES > log.length) return undefined
  const end = offset + FRAME_HEAD_BYTES + new DataView(log.buffer, log.byteOffset, log.length).getUint32(offset)
  return end <= log.length ? end : undefined
}

function decodeContent(content: Uint8Array): Frame | undefined {
  if (content.length < CONTENT_HEAD_BYTES) return undefined
  const view = new DataView(content.buffer, content.byteOffset, content.length)
  const generation = Number(view.getBigUint64(0))
  const count = view.getUint32(8)
  const changes: CatalogChange[] = []
  let at = CONTENT_HEAD_BYTES
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

function checksumOf(content: Uint8Array, salt: Uint8Array): Bytes {
  return new Uint8Array(sha256.create().update(salt).update(content).digest()).slice(0, CHECKSUM_BYTES)
}
