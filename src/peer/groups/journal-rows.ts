import { hex, type Bytes } from '../../core/bytes.ts'
import { MAX_DESCRIPTOR_BYTES } from '../../core/descriptor.ts'
import {
  bytesOf,
  bytesUpTo,
  flag,
  idOf,
  listOf,
  nullable,
  objectFormat,
  optional,
  peerIdentity,
  record,
  tuple,
  uint,
} from '../../core/encoding.ts'
import { MAX_FILE_BYTES, MAX_FILE_GROUPS, MAX_SEGMENT_BYTES, MAX_SHARDS } from '../../core/sizes.ts'
import { type PieceStage, newSegment, type Piece } from '../placing/placed-segment.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { DigestsOf, Keeping, Note, NotedSegment } from './journal-notes.ts'

const stages: readonly PieceStage[] = ['assigned', 'claimed', 'verified']
const [k, segmentBytes] = [uint(MAX_SHARDS, 2), uint(MAX_SEGMENT_BYTES, 1)]
const cut = record({
  k,
  m: uint(MAX_SHARDS, 3),
  n: uint(MAX_SHARDS, 3),
  segmentBytes,
  segments: uint(MAX_FILE_BYTES, 1),
  records: uint(MAX_FILE_BYTES, 1),
  first: optional(record({ k, segmentBytes })),
})
/** The row of a file. */
export const fileFormat = objectFormat('journal file', 8192, {
  sealedBytes: uint(MAX_FILE_BYTES * 2),
  isPaused: flag,
  isStored: flag,
  hasOutbox: flag,
  cut: optional(cut),
  soughtMs: optional(uint()),
  narrowSince: optional(uint()),
  next: optional(cut),
  movedAt: optional(uint()),
  takenFrom: optional(listOf(idOf<GroupId>(), { max: MAX_FILE_GROUPS })),
})
/** The row of a root object. The catalog allows 512 KiB; a manifest of 256 rows and 160 further groups is 20 KiB. */
export const rootFormat = objectFormat('journal root', 262_144, {
  digest: bytesOf(32),
  sealed: bytesUpTo(261_000),
  r: optional(bytesUpTo(32)),
})
/** The row of a group. */
export const groupFormat = objectFormat('journal group', 32_768, {
  seq: uint(),
  charter: bytesUpTo(16_384),
  until: uint(),
  hasRoot: flag,
  manifestR: bytesUpTo(32),
  tombstone: nullable(bytesUpTo(256)),
  askedUntil: optional(uint()),
  layout: optional(uint(1)),
  retireAt: optional(uint()),
})
/** Most holders of one segment that are written down. */
const KEEPERS_AT_MOST = 255
/** Stands for the time of a check that nobody wrote down. */
const LONG_AGO_MS = 1_000
const segmentFormat = objectFormat('journal segment', 65_536, {
  encoded: bytesUpTo(MAX_DESCRIPTOR_BYTES),
  // The pieces that this device placed, then those that others gave to more holders.
  pieces: listOf(tuple<readonly [number, PeerId, number]>(uint(254), peerIdentity, uint(2)), { max: KEEPERS_AT_MOST }),
  // Of each of them in seconds when it was first told and last checked (0: never); absent in journals from before these were written down.
  times: optional(listOf(tuple<readonly [number, number]>(uint(), uint()), { max: KEEPERS_AT_MOST })),
})
/** The shelf of each kind of digests. */
export const shelfOf = { sealed: 'digests', content: 'content' } as const satisfies Record<DigestsOf, string>

/** Returns the key of a note: `kind/id` or `kind/id/rest`. */
export function keyOf(note: Note): string {
  switch (note.of) {
    case 'file':
      return `file/${note.id}`
    case 'digests':
      return `${shelfOf[note.digestsOf]}/${note.id}/${note.part.toString().padStart(7, '0')}`
    case 'root':
      return rootKey(note.groupId, note.layout)
    case 'group':
      return `group/${hex(note.groupId)}`
    case 'segment':
      return segmentKey(note.groupId, note.at)
    case 'claim':
      return `claim/${hex(note.groupId)}/${note.holder}`
  }
}

/** Returns the key of the root object of a layout of a group. */
export function rootKey(groupId: GroupId, layout = 0): string {
  return layout === 0 ? `root/${hex(groupId)}` : `root/${hex(groupId)}/${layout}`
}

/** Returns the key of the segment at a place of a group. */
export function segmentKey(groupId: GroupId, place: number): string {
  return `segment/${hex(groupId)}/${(place + 1).toString().padStart(4, '0')}`
}

/** Returns the plain bytes of a note's row. Throws HoardError 'format-invalid' when something in it cannot be written. */
export function plainOf(note: Note): Bytes {
  switch (note.of) {
    case 'file':
      return fileFormat.encode(note.note)
    case 'group':
      return groupFormat.encode(note.note)
    case 'segment': {
      const keepers = note.keepers.slice(0, KEEPERS_AT_MOST)
      const pieces = keepers.map(({ index, holder, stage }) => [index, holder, stages.indexOf(stage)] as const)
      const times = keepers.map(({ toldAt, checkedAt = 0 }) => [Math.floor(toldAt / 1000), Math.floor(checkedAt / 1000)] as const)
      return segmentFormat.encode({ encoded: note.segment.encoded, pieces, times })
    }
    case 'digests':
      return note.digests
    case 'root':
      return rootFormat.encode(note.object)
    case 'claim':
      return note.claim
  }
}

/** Returns the shelf of a key, `kind/id`, and the rest of the key. */
export function partsOf(key: string): { readonly shelf: string; readonly rest: string } {
  const second = key.indexOf('/', key.indexOf('/') + 1)
  return second < 0 ? { shelf: key, rest: '' } : { shelf: key.slice(0, second), rest: key.slice(second + 1) }
}

/** Returns the segment of a row, and who keeps its pieces. `now` stands for times that were not written down, Unix milliseconds. */
export function readSegment(plain: Bytes, now: number): NotedSegment {
  const { encoded, pieces, times = [] } = segmentFormat.decode(plain)
  const keepers = pieces.map(([index, holder, number], at): Keeping => {
    const stage = stages[number] ?? 'assigned'
    const [toldAt, checkedAt] = (times[at] ?? [now / 1000, 0]).map((seconds) => seconds * 1000)
    return {
      index,
      holder,
      stage,
      toldAt: toldAt ?? now,
      ...(stage === 'verified' && { checkedAt: Math.max(LONG_AGO_MS, checkedAt ?? 0) }),
    }
  })
  const pieceByIndex = new Map<number, Piece>()
  for (const { index, holder, stage } of keepers) if (!pieceByIndex.has(index)) pieceByIndex.set(index, { index, holder, stage })
  return { segment: { ...newSegment(encoded), pieceByIndex }, keepers }
}
