import { assert } from './errors.ts'
import { brandBytes, type ShardId } from './ids.ts'
import { labelledHash } from './labels.ts'
import { MAX_SHARDS } from './sizes.ts'

/**
 * Returns the id of a shard: it is all that a reader needs to check an audit or a range of leaves.
 * @param index the shard's place in the code, 0..254
 * @param length bytes of the whole shard
 * @param root 32 bytes, root of the tree over its leaves
 * Source: SPEC.md SHD1.
 */
export function shardIdOf(index: number, length: number, root: Uint8Array): ShardId {
  assert(Number.isInteger(index) && index >= 0 && index < MAX_SHARDS, 'a shard index is an integer in 0..254')
  assert(Number.isSafeInteger(length) && length > 0, 'a shard has at least one byte')
  assert(root.length === 32, 'a root has 32 bytes')
  const head = new Uint8Array(9)
  const view = new DataView(head.buffer)
  view.setUint8(0, index)
  view.setBigUint64(1, BigInt(length))
  return brandBytes<ShardId>(labelledHash('shard', head, root))
}
