import { concatBytes, equalBytes, type Bytes } from '../../../core/bytes.ts'
import { HoardError } from '../../../core/errors.ts'
import type { ShardId } from '../../../core/ids.ts'
import { merkleRoot, splitDigests } from '../../../core/merkle.ts'
import { shardIdOf } from '../../../core/shard-id.ts'
import { LEAF_BYTES } from '../../../core/sizes.ts'
import type { Coder } from '../../../ports/coder.ts'
import type { ShardDisk } from '../keeping/shard-disk.ts'
import { retryWorker } from '../../../flow/retry-worker.ts'

/** Bytes read and digested at once: whole leaves, so that no leaf straddles two reads. */
const PASS_BYTES = 16 * LEAF_BYTES

/**
 * Reads a whole shard back from disk and returns the digests of its leaves, 32 bytes each, once they lead to its id.
 * @throws HoardError 'shard-damaged' when they do not | those of the store
 * Source: core SPEC.md SHD1, SHD2.
 */
export async function digestShard(
  shardDisk: ShardDisk,
  coder: Coder,
  shard: { readonly shardId: ShardId; readonly index: number; readonly length: number },
): Promise<Bytes> {
  const { shardId, index, length } = shard
  const passes: Bytes[] = []
  for (let at = 0; at < length; at += PASS_BYTES) {
    const { digests } = await retryWorker(async () =>
      coder.digestLeaves(await shardDisk.read(shardId, at, Math.min(PASS_BYTES, length - at))),
    )
    passes.push(digests)
  }
  const digests = concatBytes(...passes)
  if (digests.length !== 32 * Math.ceil(length / LEAF_BYTES)) throw new HoardError('shard-damaged', { length })
  if (!equalBytes(shardIdOf(index, length, merkleRoot(splitDigests(digests))), shardId))
    throw new HoardError('shard-damaged', { index, length })
  return digests
}
