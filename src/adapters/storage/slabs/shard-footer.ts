import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes, type Bytes } from '../../../core/bytes.ts'
import { brandBytes, type SegmentId, type ShardId, type GroupId } from '../../../core/ids.ts'
import { labelledHash } from '../../../core/labels.ts'
import { MAX_SEGMENT_BYTES } from '../../../core/sizes.ts'
import type { ShardEntry } from '../../../ports/shard-store.ts'

/** Bytes of a footer. */
export const FOOTER_BYTES = 160

/** The footer of a wrapped shard on disk, from which the index can be rebuilt. */
export interface ShardFooter {
  readonly entry: ShardEntry
  /** 16 bytes: initial counter block of this payload's AES-CTR. */
  readonly iv: Bytes
}

/**
 * The result of reading a footer: one of ours, one of a later version of the app or under another storage key (both are left alone), or
 * nothing readable.
 */
export type FooterReading =
  | { readonly is: 'ours'; readonly footer: ShardFooter }
  | { readonly is: 'newer' }
  | { readonly is: 'of another device' }
  | { readonly is: 'foreign' }

const MAGIC = [0x73, 0x68, 0x72, 0x64]
const VERSION = 1
const KEY_TAG_AT = 144
const KEY_TAG_BYTES = 8
const CHECKSUM_BYTES = 8
const CHECKSUM_AT = FOOTER_BYTES - CHECKSUM_BYTES

/** Returns 8 bytes that identify the storage key without revealing it: a shard under another key cannot be unwrapped. */
export function keyTagOf(storageKey: Uint8Array): Bytes {
  return labelledHash('storage-key-tag', storageKey).slice(0, KEY_TAG_BYTES)
}

/**
 * Returns the footer of a shard or draft, all numbers big-endian:
 * `'shrd' | u8 version | u8 whole | u8 index | u8 0 | u64 length | u64 kept | u64 at | shardId 32 | groupId 32 | segmentId 32 | iv 16 |
 * key tag 8 | first 8 bytes of SHA-256 of all before`.
 */
export function encodeFooter({ entry, iv }: ShardFooter, keyTag: Uint8Array): Bytes {
  const bytes = new Uint8Array(FOOTER_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  bytes.set([VERSION, entry.isWhole ? 1 : 0, entry.index], 4)
  view.setBigUint64(8, BigInt(entry.length))
  view.setBigUint64(16, BigInt(entry.kept))
  view.setBigUint64(24, BigInt(Math.max(0, Math.trunc(entry.at))))
  bytes.set(entry.shardId, 32)
  bytes.set(entry.groupId, 64)
  bytes.set(entry.segmentId, 96)
  bytes.set(iv, 128)
  bytes.set(keyTag, KEY_TAG_AT)
  bytes.set(checksumOf(bytes), CHECKSUM_AT)
  return bytes
}

/** Reads a footer; `keyTag` is that of the present storage key. */
export function readFooter(bytes: Uint8Array, keyTag: Uint8Array): FooterReading {
  if (bytes.length !== FOOTER_BYTES || !equalBytes(bytes.subarray(0, 4), Uint8Array.from(MAGIC))) return { is: 'foreign' }
  if (!equalBytes(bytes.subarray(CHECKSUM_AT), checksumOf(bytes))) return { is: 'foreign' }
  if (bytes[4] !== VERSION) return { is: 'newer' }
  if (!equalBytes(bytes.subarray(KEY_TAG_AT, KEY_TAG_AT + KEY_TAG_BYTES), keyTag)) return { is: 'of another device' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = Number(view.getBigUint64(8))
  const kept = Number(view.getBigUint64(16))
  const isWhole = bytes[5] === 1
  if (length < 1 || length > MAX_SEGMENT_BYTES || kept > length || (isWhole && kept !== length)) return { is: 'foreign' }
  const part = (at: number, size: number): Bytes => new Uint8Array(bytes.subarray(at, at + size))
  const entry: ShardEntry = {
    shardId: brandBytes<ShardId>(part(32, 32)),
    groupId: brandBytes<GroupId>(part(64, 32)),
    segmentId: brandBytes<SegmentId>(part(96, 32)),
    index: bytes[6] ?? 0,
    length,
    isWhole,
    kept,
    at: Number(view.getBigUint64(24)),
  }
  return { is: 'ours', footer: { entry, iv: part(128, 16) } }
}

/** Returns the key tag in a footer, whether ours or not; undefined when `bytes` are no undamaged footer of this version. */
export function readKeyTag(bytes: Uint8Array): Uint8Array | undefined {
  const nobody = new Uint8Array(KEY_TAG_BYTES)
  const { is } = readFooter(bytes, nobody)
  return is === 'ours' || is === 'of another device' ? bytes.slice(KEY_TAG_AT, KEY_TAG_AT + KEY_TAG_BYTES) : undefined
}

function checksumOf(bytes: Uint8Array): Bytes {
  return new Uint8Array(sha256(bytes.subarray(0, CHECKSUM_AT))).slice(0, CHECKSUM_BYTES)
}
