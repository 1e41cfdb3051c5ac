import { hex, type Bytes } from './bytes.ts'
import { idOf, listOf, objectFormat, record, uint, where, type Shape } from './encoding.ts'
import type { SegmentId, GroupId } from './ids.ts'

/** The segments of a file, in the order of its records; record numbers run on through `next`. SPEC MAN. */
export interface Manifest {
  /** The segments of the group in which the manifest lies. */
  readonly rows: readonly { readonly segmentId: SegmentId; readonly records: number }[]
  /** The further groups of a file of more than 224 segments; empty in their own manifests. */
  readonly next: readonly { readonly groupId: GroupId; readonly records: number }[]
}

/** Longest encoded manifest. SPEC MAN2. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

/** Most records of a segment: 64 MiB of sealed records. */
const MAX_SEGMENT_RECORDS = 256
/** Most rows: a store cuts at most 224 segments, re-coding at most 256. */
const MAX_ROWS = 256
const MAX_NEXT = 65_535

const format = objectFormat('manifest', MAX_MANIFEST_BYTES, {
  rows: distinct(
    listOf(record({ segmentId: idOf<SegmentId>(), records: uint(MAX_SEGMENT_RECORDS, 1) }), { min: 1, max: MAX_ROWS }),
    ({ segmentId }) => segmentId,
  ),
  next: distinct(
    listOf(record({ groupId: idOf<GroupId>(), records: uint(MAX_ROWS * MAX_SEGMENT_RECORDS, 1) }), { max: MAX_NEXT }),
    ({ groupId }) => groupId,
  ),
})

/** Returns the encoding of `manifest`. Throws HoardError 'format-invalid'. */
export function encodeManifest(manifest: Manifest): Bytes {
  return format.encode(manifest)
}

/** Returns the manifest in `bytes`, as `unwrapObject` gives them. Throws HoardError 'format-unknown' | 'format-invalid'. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  return format.decode(bytes)
}

/** Refuses a list with repetitions: a segment or group listed twice would let a few shards stand for a file of any size. */
function distinct<T>(shape: Shape<readonly T[]>, idOfRow: (row: T) => Uint8Array): Shape<readonly T[]> {
  return where(shape, (rows) => new Set(rows.map((row) => hex(idOfRow(row)))).size === rows.length, 'listed twice')
}
