import { hex, type Bytes } from '../../../core/bytes.ts'
import { decodeDescriptor, MAX_DESCRIPTOR_BYTES, segmentIdOf, type Descriptor } from '../../../core/descriptor.ts'
import { bytesUpTo, flag, objectFormat, optional, peerIdentity, uint } from '../../../core/encoding.ts'
import { HoardError } from '../../../core/errors.ts'
import { groupIdOf } from '../../../core/group.ts'
import type { SegmentId, ShardId, GroupId, PeerId } from '../../../core/ids.ts'
import { isOfLaterVersion } from '../../../core/labels.ts'
import { shardLength } from '../../../core/segment.ts'
import { LEAF_BYTES, MAX_SEGMENT_BYTES, MAX_SHARDS } from '../../../core/sizes.ts'
import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createRecent } from './recent.ts'
import { splitDigests } from '../../../core/merkle.ts'

/** A shard kept for someone else. Its descriptor and leaf digests stay on disk until they are needed. */
export interface KeptShard {
  readonly segmentId: SegmentId
  readonly groupId: GroupId
  readonly index: number
  readonly shardId: ShardId
  /** Bytes of the shard. */
  readonly length: number
  /** The device that brought it; its bytes are booked on it unless a repair brought them. */
  readonly placedBy: PeerId
  /** When it was kept, Unix milliseconds. */
  readonly at: number
  /** The owner's permit was shown for it, so no other shard of the segment takes its place. Absent for shards that came without one. */
  readonly isPermitted?: true
  /** A guardian made it anew and brought it: it is booked on nobody, and `placedBy` did not place it. SPEC REP7. */
  readonly isRepaired?: true
  /** When it went into the trash, Unix milliseconds: from then on not served or claimed, and removed in the end. */
  readonly trashedAt?: number
}

/** The records of a shard that are only read to serve it. */
export interface KeptPapers {
  readonly descriptorBytes: Bytes
  readonly descriptor: Descriptor
  /** Digests of all leaves, in order. */
  readonly leafDigests: readonly Bytes[]
}

/** The rows of all kept shards: at most one for each segment. */
export interface KeptShards {
  all(): readonly KeptShard[]
  find(segmentId: SegmentId): KeptShard | undefined
  ofGroup(groupId: GroupId): readonly KeptShard[]
  /** Returns the rows of each group, with its hexadecimal id. */
  groups(): Iterable<readonly [string, readonly KeptShard[]]>
  /** Returns another number after each change of a row. */
  version(): number
  /** Rows over the bytes of one shard: several when several descriptors name it. */
  ofShard(shardId: ShardId): readonly KeptShard[]
  /** The bytes and the number of the shards that `peer` placed; none of those that it brought as repairs. */
  bookOf(peer: PeerId): { readonly bytes: number; readonly rows: number }
  /** Bytes of shards with their records, booked on the peer that placed them. SPEC ADM4. */
  readonly booked: Ledger
  /** Number of peers that placed a kept shard. */
  placers(): number
  /** Number of rows outside the trash. */
  live(): number
  /** Bytes of all rows in the catalog. */
  recordBytes(): number
  /** Resolves with the descriptor and leaf digests of a row; undefined when the catalog has lost them. */
  papers(row: KeptShard): Promise<KeptPapers | undefined>
  /** Returns the change that puts a row on disk; it counts from `put` on. */
  changeFor(row: KeptShard, papers: { readonly descriptorBytes: Bytes; readonly leafDigests: Bytes }): CatalogChange
  /** Resolves with the change that rewrites the marks of a row. Throws HoardError 'storage-damaged' when its record is lost. */
  changeOf(row: KeptShard): Promise<CatalogChange>
  /** Returns the change that forgets a row; it counts until `drop`. */
  changeWithout(segmentId: SegmentId): CatalogChange
  /** Counts the row from now on; its `change` is on disk already. */
  put(row: KeptShard, change: CatalogChange): void
  drop(segmentId: SegmentId): void
}

const MAX_DIGEST_BYTES = (32 * MAX_SEGMENT_BYTES) / 2 / LEAF_BYTES
/** Least bytes that are booked for the row, claim and memory of a shard. SPEC ADM4. */
const ROW_BYTES = 16 * 1024
/** Rows whose papers stay in memory, since readers go through one shard in many requests. */
const PAPERS_AT_HAND = 32

const rowFormat = objectFormat('kept-shard', 64 * 1024, {
  descriptor: bytesUpTo(MAX_DESCRIPTOR_BYTES, 1),
  index: uint(MAX_SHARDS - 1),
  leafDigests: bytesUpTo(MAX_DIGEST_BYTES, 32),
  placedBy: peerIdentity,
  at: uint(),
  trashedAt: optional(uint()),
  isPermitted: optional(flag),
  isRepaired: optional(flag),
})
type Row = ReturnType<typeof rowFormat.decode>

/**
 * Resolves with the rows in the catalog; those that cannot be read are deleted from it, those of later versions left alone. Throws like `Catalog`.
 * @param sizeOnDisk returns the bytes of disk that a shard of `length` bytes takes
 */
export async function openKeptShards(catalog: Catalog, sizeOnDisk: (length: number) => number): Promise<KeptShards> {
  const rowBySegment = new Map<string, KeptShard>()
  const recordBytesBySegment = new Map<string, number>()
  const rowsByGroup = new Map<string, Map<string, KeptShard>>()
  const rowsByShard = new Map<string, Map<string, KeptShard>>()
  const bookByPeer = new Map<PeerId, { readonly bytes: number; readonly rows: number }>()
  const papersBySegment = createRecent<KeptPapers>(PAPERS_AT_HAND)
  const booked = createLedger()
  let recordBytes = 0
  let live = 0
  let version = 0

  function drop(segmentId: SegmentId): void {
    const name = hex(segmentId)
    const row = rowBySegment.get(name)
    if (!row) return
    version++
    rowBySegment.delete(name)
    papersBySegment.drop(name)
    removeFrom(rowsByGroup, hex(row.groupId), name)
    removeFrom(rowsByShard, hex(row.shardId), name)
    book(row, -1)
    recordBytesBySegment.delete(name)
  }

  /** Adds the row to all counts or, with -1, takes it out. */
  function book({ segmentId, placedBy, length, trashedAt, isRepaired }: KeptShard, times: 1 | -1): void {
    const record = recordBytesBySegment.get(hex(segmentId)) ?? 0
    recordBytes += times * record
    if (trashedAt === undefined) live += times
    if (isRepaired) return
    booked.book(placedBy, times * bookedFor(sizeOnDisk(length), record))
    const before = bookOf(placedBy)
    if (before.rows + times > 0) bookByPeer.set(placedBy, { bytes: before.bytes + times * length, rows: before.rows + times })
    else bookByPeer.delete(placedBy)
  }

  function bookOf(peer: PeerId): { readonly bytes: number; readonly rows: number } {
    return bookByPeer.get(peer) ?? { bytes: 0, rows: 0 }
  }

  function put(row: KeptShard, record: number): void {
    drop(row.segmentId)
    version++
    const name = hex(row.segmentId)
    recordBytesBySegment.set(name, record)
    rowBySegment.set(name, row)
    addTo(rowsByGroup, hex(row.groupId), name, row)
    addTo(rowsByShard, hex(row.shardId), name, row)
    book(row, 1)
  }

  const unreadable: CatalogChange[] = []
  for (const { key, value } of await catalog.all('descriptors')) {
    if (isOfLaterVersion(value)) continue
    const row = readRow(key, value)
    if (row) put(row.kept, recordBytesOf({ key, value }))
    else unreadable.push({ table: 'descriptors', key })
  }
  if (unreadable.length > 0) await catalog.commit(unreadable)

  return {
    all: () => [...rowBySegment.values()],
    find: (segmentId) => rowBySegment.get(hex(segmentId)),
    ofGroup: (groupId) => [...(rowsByGroup.get(hex(groupId))?.values() ?? [])],
    *groups() {
      for (const [name, rows] of rowsByGroup) yield [name, [...rows.values()]]
    },
    version: () => version,
    ofShard: (shardId) => [...(rowsByShard.get(hex(shardId))?.values() ?? [])],
    bookOf,
    booked,
    placers: () => bookByPeer.size,
    live: () => live,
    recordBytes: () => recordBytes,
    papers: async ({ segmentId }) => {
      const key = hex(segmentId)
      const atHand = papersBySegment.get(key)
      if (atHand) return atHand
      const value = await catalog.get('descriptors', key)
      const papers = value && readRow(key, value)?.papers
      if (!papers) return undefined
      papersBySegment.put(key, papers)
      return papers
    },
    changeFor: (row, { descriptorBytes, leafDigests }) => changed(row, { descriptor: descriptorBytes, leafDigests }),
    changeOf: async (row) => {
      const value = await catalog.get('descriptors', hex(row.segmentId))
      if (!value) throw new HoardError('storage-damaged', { segmentId: hex(row.segmentId) })
      return changed(row, rowFormat.decode(value))
    },
    changeWithout: (segmentId) => ({ table: 'descriptors', key: hex(segmentId) }),
    put: (row, change) => put(row, recordBytesOf(change)),
    drop,
  }
}

function changed(
  { segmentId, index, placedBy, at, trashedAt, isPermitted, isRepaired }: KeptShard,
  { descriptor, leafDigests }: Pick<Row, 'descriptor' | 'leafDigests'>,
): CatalogChange {
  const marks = { ...(trashedAt !== undefined && { trashedAt }), ...(isPermitted && { isPermitted }), ...(isRepaired && { isRepaired }) }
  const value = rowFormat.encode({ descriptor, index, leafDigests, placedBy, at, ...marks })
  return { table: 'descriptors', key: hex(segmentId), value }
}

function readRow(key: string, value: Uint8Array): { readonly kept: KeptShard; readonly papers: KeptPapers } | undefined {
  try {
    const { descriptor: descriptorBytes, index, leafDigests, placedBy, at, trashedAt, isPermitted, isRepaired } = rowFormat.decode(value)
    const descriptor = decodeDescriptor(descriptorBytes)
    const segmentId = segmentIdOf(descriptorBytes)
    const shardId = descriptor.shardIds[index]
    const length = shardLength(descriptor.sealedLength, descriptor.k)
    const leaves = Math.ceil(length / LEAF_BYTES)
    if (hex(segmentId) !== key || !shardId || leafDigests.length !== 32 * leaves) return undefined
    const kept = {
      segmentId,
      groupId: groupIdOf(descriptor.groupKey),
      index,
      shardId,
      length,
      placedBy,
      at,
      ...(trashedAt !== undefined && { trashedAt }),
      ...(isPermitted === true && { isPermitted }),
      ...(isRepaired === true && { isRepaired }),
    }
    return { kept, papers: { descriptorBytes, descriptor, leafDigests: splitDigests(leafDigests) } }
  } catch {
    // A record damaged beyond use: its shard becomes an orphan that the group may revive.
    return undefined
  }
}

/** Returns the bytes to book for a shard that takes `disk` bytes and whose row takes `record`: tiny shards are not free. SPEC ADM4. */
export function bookedFor(disk: number, record: number): number {
  return disk + Math.max(ROW_BYTES, record)
}

/** Returns the bytes that a record takes in the catalog. */
export function recordBytesOf({ key, value }: { readonly key: string; readonly value?: Uint8Array }): number {
  return key.length + (value?.length ?? 0)
}

function addTo<T>(map: Map<string, Map<string, T>>, outer: string, inner: string, value: T): void {
  const values = map.get(outer) ?? new Map<string, T>()
  values.set(inner, value)
  map.set(outer, values)
}

function removeFrom<T>(map: Map<string, Map<string, T>>, outer: string, inner: string): void {
  const values = map.get(outer)
  values?.delete(inner)
  if (values?.size === 0) map.delete(outer)
}
