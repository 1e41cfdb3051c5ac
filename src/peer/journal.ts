import { concatBytes, fromHex, hex, type Bytes } from '../core/bytes.ts'
import { decodeDescriptor, MAX_DESCRIPTOR_BYTES, segmentIdOf, type Descriptor } from '../core/descriptor.ts'
import { bytesUpTo, flag, listOf, nullable, objectFormat, peerIdentity, tuple, uint } from '../core/encoding.ts'
import { HoardError } from '../core/errors.ts'
import { brandBytes, brandPeerId, type GroupId, type PeerId, type SegmentId } from '../core/ids.ts'
import { FORMAT_VERSION } from '../core/labels.ts'
import { MAX_FILE_BYTES } from '../core/sizes.ts'
import { openSmall, sealSmall } from '../core/small-seal.ts'
import type { PeerParts } from './parts.ts'

/** Where a piece stands: promised to a holder, claimed by it, and read back from it. */
export type PieceStage = 'assigned' | 'claimed' | 'verified'

/** One piece of a segment of one's own. */
export interface Piece {
  readonly index: number
  readonly holder: PeerId
  readonly stage: PieceStage
}

/** A segment of one's own: its descriptor and who keeps which piece, by index. */
export interface OwnSegment {
  readonly encoded: Bytes
  readonly descriptor: Descriptor
  readonly segmentId: SegmentId
  readonly pieceByIndex: Map<number, Piece>
}

/** What the journal knows about a file: how much is sealed in the outbox, and what the person wants. */
export interface FileNote {
  readonly sealedBytes: number
  readonly isPaused: boolean
  /** Whether every segment had its m pieces and the charter names the root. */
  readonly isStored: boolean
  /** Whether the sealed records are still spooled on this device. */
  readonly hasOutbox: boolean
}

/** What the journal knows about a group: its last charter, and the r of its manifest. */
export interface GroupNote {
  readonly seq: number
  readonly charter: Bytes
  /** Until when the charter asks to be kept, Unix milliseconds; 0 while there is none. */
  readonly until: number
  /** Whether the charter names a root: readers can open the group. */
  readonly hasRoot: boolean
  readonly manifestR: Bytes
  /** Set once the owner ended it; kept until every holder was told. */
  readonly tombstone: Bytes | null
}

/** The memory of what is under way: survives reloads and crashes, sealed under the storage key. Reads are from memory. */
export interface Journal {
  file(id: string): FileNote | undefined
  group(groupId: GroupId): GroupNote | undefined
  /** Returns the segments of a group by their place; place -1 is the root object (manifest or link). */
  segments(groupId: GroupId): Map<number, OwnSegment>
  claims(groupId: GroupId): Map<PeerId, Bytes>
  /** Returns the digests of the sealed records of a file, 32 bytes each, up to 64 in each part. */
  digests(id: string): ReadonlyMap<number, Bytes>
  /** Returns the groups that were ended and not yet told to everybody. */
  ended(): readonly { readonly groupId: GroupId; readonly note: GroupNote }[]
  /** Makes all `notes` durable together or none of them. */
  commit(notes: readonly Note[]): Promise<void>
  /** Forgets one holder's claim. */
  dropClaim(groupId: GroupId, holder: PeerId): Promise<void>
  /** Forgets the digests of a file's records: nothing of it is spooled any more. */
  dropDigests(id: string): Promise<void>
  /** Forgets a file, or groups with their segments and claims. */
  forget(id: string | undefined, groupIds: readonly GroupId[]): Promise<void>
}

/** One thing to write down. */
export type Note =
  | { readonly of: 'file'; readonly id: string; readonly note: FileNote }
  | { readonly of: 'digests'; readonly id: string; readonly part: number; readonly digests: Bytes }
  | { readonly of: 'group'; readonly groupId: GroupId; readonly note: GroupNote }
  | { readonly of: 'segment'; readonly groupId: GroupId; readonly place: number; readonly segment: OwnSegment }
  | { readonly of: 'claim'; readonly groupId: GroupId; readonly holder: PeerId; readonly claim: Bytes }

const stages: readonly PieceStage[] = ['assigned', 'claimed', 'verified']
const fileFormat = objectFormat('journal file', 64, {
  sealedBytes: uint(MAX_FILE_BYTES * 2),
  isPaused: flag,
  isStored: flag,
  hasOutbox: flag,
})
const groupFormat = objectFormat('journal group', 32_768, {
  seq: uint(),
  charter: bytesUpTo(16_384),
  until: uint(),
  hasRoot: flag,
  manifestR: bytesUpTo(32),
  tombstone: nullable(bytesUpTo(256)),
})
const segmentFormat = objectFormat('journal segment', 65_536, {
  encoded: bytesUpTo(MAX_DESCRIPTOR_BYTES),
  pieces: listOf(tuple<readonly [number, PeerId, number]>(uint(254), peerIdentity, uint(2)), { max: 255 }),
})
/** Where a group has its root object: the manifest of a file, or a link. */
export const ROOT_PLACE = -1
const PURPOSE = 'journal'
const R_BYTES = 32

/** Opens the journal over the catalog's table of that name. Throws HoardError 'record-damaged' when it was sealed under another key. */
export async function openJournal({ catalog, random, storageKey }: Pick<PeerParts, 'catalog' | 'random' | 'storageKey'>): Promise<Journal> {
  const shelves = new Map<string, Map<string, Bytes>>()
  const keep = (key: string, plain: Bytes): void => {
    const { shelf, rest } = partsOf(key)
    const records = shelves.get(shelf)
    if (records === undefined) shelves.set(shelf, new Map([[rest, plain]]))
    else records.set(rest, plain)
  }
  const shelf = (name: string): ReadonlyMap<string, Bytes> => shelves.get(name) ?? new Map<string, Bytes>()
  const seal = (plain: Bytes): Bytes => {
    const r = random.bytes(R_BYTES)
    return concatBytes(new Uint8Array([FORMAT_VERSION]), r, sealSmall(storageKey, PURPOSE, r, plain))
  }
  const open = (sealed: Bytes): Bytes => {
    if (sealed[0] !== FORMAT_VERSION) throw new HoardError('format-unknown', { object: PURPOSE })
    return openSmall(storageKey, PURPOSE, sealed.subarray(1, 1 + R_BYTES), sealed.subarray(1 + R_BYTES))
  }
  for (const { key, value } of await catalog.all('journal')) keep(key, open(value))

  return {
    file(id) {
      const plain = shelf(`file/${id}`).get('')
      return plain === undefined ? undefined : fileFormat.decode(plain)
    },
    group(groupId) {
      const plain = shelf(`group/${hex(groupId)}`).get('')
      return plain === undefined ? undefined : groupFormat.decode(plain)
    },
    segments: (groupId) => new Map([...shelf(`segment/${hex(groupId)}`)].map(([rest, plain]) => [Number(rest) - 1, readSegment(plain)])),
    claims: (groupId) => new Map([...shelf(`claim/${hex(groupId)}`)].map(([rest, plain]) => [brandPeerId(rest), plain])),
    digests: (id) => new Map([...shelf(`digests/${id}`)].map(([rest, plain]) => [Number(rest), plain])),
    ended() {
      const ended = []
      for (const [name, records] of shelves) {
        const plain = name.startsWith('group/') ? records.get('') : undefined
        if (plain === undefined) continue
        const note = groupFormat.decode(plain)
        if (note.tombstone !== null) ended.push({ groupId: brandBytes<GroupId>(fromHex(name.slice('group/'.length))), note })
      }
      return ended
    },
    async commit(notes) {
      const records = notes.map((note) => ({ key: keyOf(note), plain: plainOf(note) }))
      await catalog.commit(records.map(({ key, plain }) => ({ table: 'journal', key, value: seal(plain) })))
      for (const { key, plain } of records) keep(key, plain)
    },
    async dropClaim(groupId, holder) {
      await catalog.commit([{ table: 'journal', key: `claim/${hex(groupId)}/${holder}` }])
      shelves.get(`claim/${hex(groupId)}`)?.delete(holder)
    },
    async dropDigests(id) {
      const name = `digests/${id}`
      await catalog.commit([...shelf(name).keys()].map((rest) => ({ table: 'journal', key: `${name}/${rest}` })))
      shelves.delete(name)
    },
    async forget(id, groupIds) {
      const names = groupIds.flatMap((groupId) => ['group', 'segment', 'claim'].map((kind) => `${kind}/${hex(groupId)}`))
      if (id !== undefined) names.push(`file/${id}`, `digests/${id}`)
      const keys = names.flatMap((name) => [...shelf(name).keys()].map((rest) => (rest === '' ? name : `${name}/${rest}`)))
      await catalog.commit(keys.map((key) => ({ table: 'journal', key })))
      for (const name of names) shelves.delete(name)
    },
  }
}

function keyOf(note: Note): string {
  switch (note.of) {
    case 'file':
      return `file/${note.id}`
    case 'digests':
      return `digests/${note.id}/${note.part.toString().padStart(7, '0')}`
    case 'group':
      return `group/${hex(note.groupId)}`
    case 'segment':
      return `segment/${hex(note.groupId)}/${(note.place + 1).toString().padStart(4, '0')}`
    case 'claim':
      return `claim/${hex(note.groupId)}/${note.holder}`
  }
}

function plainOf(note: Note): Bytes {
  switch (note.of) {
    case 'file':
      return fileFormat.encode(note.note)
    case 'group':
      return groupFormat.encode(note.note)
    case 'segment': {
      const pieces = [...note.segment.pieceByIndex.values()].map(
        (piece) => [piece.index, piece.holder, stages.indexOf(piece.stage)] as const,
      )
      return segmentFormat.encode({ encoded: note.segment.encoded, pieces })
    }
    case 'digests':
      return note.digests
    case 'claim':
      return note.claim
  }
}

/** A key is `kind/id` or `kind/id/rest`. */
function partsOf(key: string): { readonly shelf: string; readonly rest: string } {
  const second = key.indexOf('/', key.indexOf('/') + 1)
  return second < 0 ? { shelf: key, rest: '' } : { shelf: key.slice(0, second), rest: key.slice(second + 1) }
}

/** Returns a segment about which nothing but its descriptor is known. */
export function newSegment(encoded: Bytes): OwnSegment {
  return { encoded, descriptor: decodeDescriptor(encoded), segmentId: segmentIdOf(encoded), pieceByIndex: new Map() }
}

function readSegment(plain: Bytes): OwnSegment {
  const { encoded, pieces } = segmentFormat.decode(plain)
  const segment = newSegment(encoded)
  for (const [index, holder, stage] of pieces) segment.pieceByIndex.set(index, { index, holder, stage: stages[stage] ?? 'assigned' })
  return segment
}
