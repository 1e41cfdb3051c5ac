import { fromHex, hex, type Bytes } from '../../../core/bytes.ts'
import { bytesOf, listOf, objectFormat, optional, tuple, uint } from '../../../core/encoding.ts'
import {
  noteChecked,
  noteError,
  noteLie,
  noteStoreEpoch,
  noteUnknown,
  unknownConduct,
  type Check,
  type Conduct,
} from '../../../core/healing/evidence.ts'
import { brandPeerId, type PeerId, type SegmentId } from '../../../core/ids.ts'
import { isOfLaterVersion } from '../../../core/labels.ts'
import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { PersonBook } from '../presence/person-book.ts'

/** A piece: a segment and an index. */
export interface PieceName {
  readonly segmentId: SegmentId
  readonly index: number
}

/** What this device has found out about people as holders: by checks, by reads, and by what they say of their store. */
export interface ConductBook {
  /** Returns the conduct of `peer`; `unknownConduct` when nothing is known. */
  of(peer: PeerId): Conduct
  /** Returns when a piece of `peer` was last asked for by a check or came by a read, Unix milliseconds; undefined before the first time. */
  triedAt(peer: PeerId): number | undefined
  /** Notes that `peer` is about to be asked for a piece, whatever comes of it. */
  noteTried(peer: PeerId): void
  /**
   * Notes that a leaf of the piece that `peer` sent has proven itself. `toldAt`: when this device was first told that the peer keeps it, Unix
   * milliseconds; undefined when it was told just now.
   */
  noteProven(peer: PeerId, piece: PieceName, toldAt: number | undefined): void
  /** Notes that `peer`, though there, was silent or refused. */
  noteError(peer: PeerId): void
  /** Notes that `peer` does not know a piece that it claims. */
  noteUnknown(peer: PeerId): void
  /** Notes the storeEpoch, 16 bytes, of which `peer` told. */
  noteStoreEpoch(peer: PeerId, storeEpoch: Bytes): void
  /** Notes that `peer` sent wrong bytes. */
  noteLied(peer: PeerId): void
  /** Returns another number after each change of anybody's conduct. */
  version(): number
  /** Writes down at once what is not written yet. Never throws. */
  write(): Promise<void>
}

/** Some 150 bytes each. */
const PEOPLE_AT_MOST = 2_000
const WRITE_AFTER_MS = 2_000
const WRITE_EVERY_MS = 3_600_000
const SEGMENT_BYTES = 8
const CHECKS_AT_MOST = 4

interface Note {
  readonly conduct: Conduct
  readonly triedAt?: number
}

const noteFormat = objectFormat('conduct', 512, {
  errors: uint(),
  firstErrorAt: uint(),
  lastErrorAt: uint(),
  // The piece as `pieceText` names it, and when it proved itself.
  checks: listOf(tuple<readonly [Bytes, number]>(bytesOf(SEGMENT_BYTES + 1), uint()), { max: CHECKS_AT_MOST }),
  voidedAt: uint(),
  storeEpoch: optional(bytesOf(16)),
  triedAt: optional(uint()),
})

/**
 * Opens the book over the catalog's table of conduct; rows that cannot be read are deleted, those of later versions left alone. It is written
 * once an hour at most, until `signal` aborts, and when `write` is called: who lied is remembered by `people`.
 */
export async function openConductBook(
  catalog: Catalog,
  clock: Clock,
  people: Pick<PersonBook, 'of' | 'lied'>,
  signal: AbortSignal,
): Promise<ConductBook> {
  const noteByPeer = new Map<PeerId, Note>()
  const changed = new Set<string>()
  let isWriting = false
  let writtenAt = -Infinity
  let version = 0
  for (const { key, value } of await catalog.all('conduct')) {
    if (isOfLaterVersion(value)) continue
    try {
      noteByPeer.set(brandPeerId(key), decodeNote(value))
    } catch {
      changed.add(key)
    }
  }

  const commit = async (): Promise<void> => {
    const changes = [...changed].map((peer): CatalogChange => {
      const note = noteByPeer.get(peer as PeerId)
      return { table: 'conduct', key: peer, ...(note === undefined ? {} : { value: encodeNote(note) }) }
    })
    changed.clear()
    if (changes.length > 0) await catalog.commit(changes)
  }
  const writeLater = async (): Promise<void> => {
    await clock.wait(Math.max(WRITE_AFTER_MS, writtenAt + WRITE_EVERY_MS - clock.ran()), { signal })
    isWriting = false
    writtenAt = clock.ran()
    await commit()
  }
  const put = (peer: PeerId, note: Note): void => {
    noteByPeer.set(peer, note)
    changed.add(peer)
    version++
    const least = noteByPeer.size > PEOPLE_AT_MOST ? leastTold(noteByPeer) : undefined
    if (least !== undefined) {
      noteByPeer.delete(least)
      changed.add(least)
    }
    if (isWriting) return
    isWriting = true
    // A full disk shows where a write matters; these notes also count in memory alone.
    writeLater().catch(() => undefined)
  }
  const noteOf = (peer: PeerId): Note => noteByPeer.get(peer) ?? { conduct: unknownConduct }
  const change = (peer: PeerId, next: (conduct: Conduct, now: number) => Conduct): void => {
    const note = noteOf(peer)
    const conduct = next(note.conduct, clock.now())
    if (conduct !== note.conduct) put(peer, { ...note, conduct })
  }

  return {
    of(peer) {
      const { conduct } = noteOf(peer)
      return (people.of(peer)?.lies ?? 0) > 0 ? noteLie(conduct) : conduct
    },
    triedAt: (peer) => noteOf(peer).triedAt,
    noteTried: (peer) => put(peer, { ...noteOf(peer), triedAt: clock.now() }),
    noteProven(peer, piece, toldAt) {
      const now = clock.now()
      put(peer, { conduct: noteChecked(noteOf(peer).conduct, pieceText(piece), now, toldAt ?? now), triedAt: now })
    },
    noteError: (peer) => change(peer, noteError),
    noteUnknown: (peer) => change(peer, noteUnknown),
    noteStoreEpoch: (peer, storeEpoch) => change(peer, (conduct, now) => noteStoreEpoch(conduct, storeEpoch, now)),
    noteLied(peer) {
      people.lied(peer)
      version++
    },
    version: () => version,
    write: () => commit().catch(() => undefined),
  }
}

/**
 * Returns the text by which a conduct names a piece: 8 bytes of its segment's id and its index, hexadecimal. Two pieces of one name only
 * count as one.
 */
export function pieceText({ segmentId, index }: PieceName): string {
  return hex(segmentId.subarray(0, SEGMENT_BYTES)) + index.toString(16).padStart(2, '0')
}

/** Returns the person of whom least would be forgotten: strangers who only said hello push out each other, never those who were checked. */
function leastTold(noteByPeer: ReadonlyMap<PeerId, Note>): PeerId | undefined {
  let least: { readonly peer: PeerId; readonly at: number } | undefined
  for (const [peer, { conduct, triedAt = 0 }] of noteByPeer) {
    const at = Math.max(triedAt, conduct.lastErrorAt, conduct.voidedAt)
    if (least === undefined || at < least.at) least = { peer, at }
  }
  return least?.peer
}

function encodeNote({ conduct, triedAt }: Note): Bytes {
  const { errors, firstErrorAt, lastErrorAt, checks, voidedAt, storeEpoch } = conduct
  return noteFormat.encode({
    ...{ errors, firstErrorAt, lastErrorAt, voidedAt },
    checks: checks.map(({ shard, at }) => [fromHex(shard), at] as const),
    ...(storeEpoch !== undefined && { storeEpoch }),
    ...(triedAt !== undefined && { triedAt }),
  })
}

function decodeNote(value: Uint8Array): Note {
  const { triedAt, checks, ...rest } = noteFormat.decode(value)
  const named = checks.map(([piece, at]): Check => ({ shard: hex(piece), at }))
  return { conduct: { isLiar: false, ...rest, checks: named }, ...(triedAt !== undefined && { triedAt }) }
}
