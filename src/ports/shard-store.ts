import type { Bytes } from '../core/bytes.ts'
import type { SegmentId, ShardId, GroupId } from '../core/ids.ts'

/** Facts about a shard that its footer repeats, so that the index can be rebuilt from the disk alone. */
export interface ShardFacts {
  readonly shardId: ShardId
  readonly length: number
  readonly groupId: GroupId
  readonly segmentId: SegmentId
  readonly index: number
}

/** A shard on disk: whole, or a draft of which the first `kept` bytes are safe to resume from. */
export interface ShardEntry extends ShardFacts {
  readonly isWhole: boolean
  readonly kept: number
  /** Unix milliseconds of the last write. */
  readonly at: number
}

/**
 * Shards of other people's files, by shard id. The store does not check content against its id: callers digest what they read.
 * Every method throws HoardError 'storage-full' | 'storage-damaged' | 'storage-unavailable'.
 */
export interface ShardStore {
  /** Returns the bytes of disk that a shard of `length` bytes takes, from its first byte on. */
  sizeOnDisk(length: number): number
  /** Writes `bytes` of the draft of `facts.shardId` at `offset`, and begins the draft when it is new; `offset` must not exceed `kept`. */
  write(facts: ShardFacts, offset: number, bytes: Uint8Array, at: number): Promise<void>
  /** Makes a complete draft durable and whole; after this it survives a crash. */
  seal(shardId: ShardId, at: number): Promise<void>
  /** Returns `length` bytes from `offset` of a whole or half-done shard. Throws 'not-found' when it is not here. */
  read(shardId: ShardId, offset: number, length: number): Promise<Bytes>
  /** Forgets the shard and frees its bytes; no error when it is not here. */
  remove(shardId: ShardId): Promise<void>
  /** Begins to give back as much disk as it can without losing anything; `remove` begins this by itself where it is worth it. */
  compact(): Promise<void>
  /** Returns everything on disk, by this device's own index, which is rebuilt from footers when it was lost. */
  list(): Promise<readonly ShardEntry[]>
}
