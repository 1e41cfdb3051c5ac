import type { Bytes } from './bytes.ts'
import { decodePeerIdText } from './peer-id-text.ts'

declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** 32 bytes: names one shard of one segment. SPEC SHD1. */
export type ShardId = Branded<Bytes, 'ShardId'>
/** 32 bytes: names one segment, the digest of its descriptor. SPEC DSC2. */
export type SegmentId = Branded<Bytes, 'SegmentId'>
/** 32 bytes: names one group, the digest of its group key. SPEC GRP2. */
export type GroupId = Branded<Bytes, 'GroupId'>
/** 32 bytes: Ed25519 public key under which a group's charters are signed. SPEC GRP1. */
export type GroupKey = Branded<Bytes, 'GroupKey'>
/** 32 secret bytes: Ed25519 seed of a group key. Never leaves the owner's device. */
export type GroupSeed = Branded<Bytes, 'GroupSeed'>
/** 32 secret bytes, fresh for every version of a file: reads that version and nothing else. */
export type FileKey = Branded<Bytes, 'FileKey'>
/** 32 secret bytes derived from a file key: seals the records of one object. SPEC KEY4. */
export type RecordKey = Branded<Bytes, 'RecordKey'>
/** Base58 text of an Ed25519 identity multihash (`12D3KooW…`): names one device. */
export type PeerId = Branded<string, 'PeerId'>

/** Declares that `bytes` are an id or key of type `T`; only decoders and derivations call it. */
export function brandBytes<T extends Branded<Bytes, string>>(bytes: Bytes): T {
  return bytes as T
}

/**
 * Returns `text` as the name of a device.
 * @throws HoardError 'format-invalid' when it is not the base58 text of an Ed25519 identity multihash
 * Source: SPEC.md PID2.
 */
export function brandPeerId(text: string): PeerId {
  decodePeerIdText(text)
  return text as PeerId
}
