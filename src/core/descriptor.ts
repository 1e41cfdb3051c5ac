import { hex, type Bytes } from './bytes.ts'
import { formatOf, idOf, listOf, record, uint, where } from './encoding.ts'
import { brandBytes, type GroupKey, type SegmentId, type ShardId } from './ids.ts'
import { labelledHash } from './labels.ts'
import { MAX_SEGMENT_BYTES } from './sizes.ts'

/** Public facts of one segment. It certifies itself: the segment's id is the digest of its encoding. SPEC DSC. */
export interface Descriptor {
  /** Number of shards that rebuild the segment, at least 2. */
  readonly k: number
  /** Number of placed shards from which on the segment counts as stored. */
  readonly m: number
  /** Number of shards to be placed. */
  readonly n: number
  /** Bytes of the segment: 1 to 64 MiB of sealed records. */
  readonly sealedLength: number
  readonly groupKey: GroupKey
  /** One id for each of the t indices, spares included; all different. */
  readonly shardIds: readonly ShardId[]
}

/** `rs-vandermonde-11d`, the only code of version 1. */
const CODE = 1

/** Longest encoded descriptor: 255 ids of 34 bytes and the fields before them. */
export const MAX_DESCRIPTOR_BYTES = 9216

const format = formatOf(
  'descriptor',
  MAX_DESCRIPTOR_BYTES,
  where(
    record({
      code: uint(CODE, CODE),
      k: uint(255, 2),
      m: uint(255),
      n: uint(255),
      sealedLength: uint(MAX_SEGMENT_BYTES, 1),
      groupKey: idOf<GroupKey>(),
      shardIds: listOf(idOf<ShardId>(), { max: 255 }),
    }),
    ({ k, m, n, shardIds }) =>
      k < m && m <= n && shardIds.length === shardCountFor(n) && new Set(shardIds.map((id) => hex(id))).size === shardIds.length,
    'k, m, n and the shard ids do not fit together',
  ),
)

/**
 * Returns the encoding of `descriptor`, which names the segment.
 * @throws HoardError 'format-invalid' when it breaks a rule of DSC
 */
export function encodeDescriptor({ k, m, n, sealedLength, groupKey, shardIds }: Descriptor): Bytes {
  return format.encode({ code: CODE, k, m, n, sealedLength, groupKey, shardIds })
}

/**
 * Returns the descriptor that `bytes` encode, every rule of DSC checked.
 * @throws HoardError 'format-unknown' | 'format-invalid'
 */
export function decodeDescriptor(bytes: Uint8Array): Descriptor {
  const { k, m, n, sealedLength, groupKey, shardIds } = format.decode(bytes)
  return { k, m, n, sealedLength, groupKey, shardIds }
}

/** Returns the id of the segment whose descriptor is `encoded`, version byte included. SPEC DSC2. */
export function segmentIdOf(encoded: Uint8Array): SegmentId {
  return brandBytes<SegmentId>(labelledHash('segment', encoded))
}

/** Returns t, the number of shard indices for `n` placed ones: n and its spares, max(2, ceil(n / 4)). SPEC DSC3. */
export function shardCountFor(n: number): number {
  return n + Math.max(2, Math.ceil(n / 4))
}
