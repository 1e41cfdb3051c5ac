/** Plaintext bytes of a full record. SPEC SIZ1. */
export const RECORD_PLAIN_BYTES = 262_128
/** Bytes of the AES-GCM tag that ends every sealed record. SPEC SIZ1. */
export const TAG_BYTES = 16
/** Bytes of a full sealed record. SPEC SIZ1. */
export const RECORD_SEALED_BYTES = 262_144
/** Bytes of a slice of a full stripe: a sealed record fits exactly. SPEC SIZ2. */
export const SLICE_BYTES = 262_144
/** Bytes of a full leaf of a shard's tree. SPEC SIZ2. */
export const LEAF_BYTES = 65_536
/** Most sealed bytes that any segment may hold, whatever policy says. SPEC SIZ3. */
export const MAX_SEGMENT_BYTES = 67_108_864
/** Most bytes of one file. SPEC SIZ3. */
export const MAX_FILE_BYTES = 2 ** 46
/** Fewest bytes to which a file is padded, also an empty one. SPEC PAD2. */
export const MIN_PADDED_BYTES = 4096
/** Most content segments in one group, so that both layouts of a re-coding fit 512 claim rows. SPEC SEG7. */
export const MAX_GROUP_SEGMENTS = 224
/** Most groups of one file. SPEC VLT4. */
export const MAX_FILE_GROUPS = 160
/** Most shards of a segment, spares included. SPEC ERA1. */
export const MAX_SHARDS = 255
