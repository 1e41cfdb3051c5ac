import { HoardError } from '../../core/errors.ts'
import { liveParts, MAX_PACK_BYTES, packCare, type PackPlace } from '../../core/pack.ts'
import { idFromHex, idHex, type DeviceId, type EntryId } from '../../core/vault/entry-id.ts'
import { currentVersion, namedPlaces, stampsOf, type VaultEntry } from '../../core/vault/entry.ts'
import type { Place } from '../../core/vault/fields.ts'
import { isOpenable } from '../groups/own-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { isContent, type Content } from '../storing/content.ts'
import type { EntryChange } from '../vault/local-vault.ts'
import type { Contents } from './contents.ts'
import { draftContent } from './dropping/draft-drop.ts'
import { openContent } from './open-own-file.ts'
import { filesByContent, type OwnFile } from './own-file.ts'

/** The care of packs after a drop. Every method resolves once its effect is durable. */
export interface Packs {
  /**
   * Copies `file` out of the pack that it shares with others, so that a link to it opens nothing else.
   * @throws HoardError 'too-few-shards' when nobody takes the copy
   */
  copyOut(file: OwnFile, until: AbortSignal): Promise<void>
  /** Rewrites packs of which little is left, one after another. Never throws: a pack that fails waits for the next call. SPEC PCK3, PCK6. */
  care(): Promise<void>
  /** Moves the files that can still be read out of a pack that was never sealed, away from those that cannot. */
  splitUnreadable(pack: Content): Promise<void>
}

/** What the care of packs works on. */
export interface PacksAsked {
  readonly contents: Contents
  readonly files: ReadonlyMap<string, OwnFile>
  /** Packs under way whose files still lie elsewhere: nothing names them yet. */
  readonly filling: Set<Content>
  /** Ends those that carry nothing any more, as far as other devices know, and resolves once that is durable. SPEC PCK3. */
  readonly endUnnamed: () => Promise<void>
}

/** Time that people have to take a copy of a small file, while a person waits for its link. */
const COPY_AT_MOST_MS = 90_000
/** Time for the rewrite of one pack, so that people who are away do not hold up the next. */
const REWRITE_AT_MOST_MS = 600_000
/** Silence after which the packs of a device are rewritten by others: 30 days. SPEC PCK6. */
const SILENT_MS = 30 * 86_400_000

/** Returns the care of the packs among `contents`. */
export function createPacks(tools: StoreTools, { contents, files, filling, endUnnamed }: PacksAsked, signal: AbortSignal): Packs {
  const { parts, vault, people, changes } = tools
  let isCaring = false

  /**
   * Moves all that lies in `ranges` of `from`, of every version of every file, or of the file `only`, to `pack`, which has the bytes of
   * `ranges` one after the other.
   */
  const move = async (from: Content, pack: Content, ranges: readonly PackPlace[], only?: string): Promise<void> => {
    const content = idFromHex(pack.id)
    const entries = only === undefined ? vault.entries.values() : [vault.entries.get(idFromHex(only))]
    const placeIn = movedTo(idFromHex(from.id), content, ranges)
    const moves = [...entries].flatMap((entry) => (entry === undefined ? [] : movedVersions(entry, placeIn)))
    await vault.commit(moves)
    for (const { id } of moves) {
      const [file, entry] = [files.get(idHex(id)), vault.entries.get(id)]
      const place = entry && currentVersion(entry)?.value
      if (file === undefined || place?.content !== content) continue
      file.content = pack
      file.offset = place.offset
    }
    changes.tell()
    await endUnnamed()
  }
  const beginPack = async (blobs: readonly Blob[]): Promise<Content> => {
    const { id, fields, blob } = draftContent(parts, blobs)
    await vault.commit([{ id, fields }])
    const pack = contents.add(id, blob)
    filling.add(pack)
    return pack
  }

  /** Stores `ranges` of `from` again as a content of their own, and moves what lies there as soon as `isKept`; gives up after `atMostMs`. */
  const repack = async (from: Content, { ranges, only, isKept, atMostMs, ending = signal }: Repacking): Promise<void> => {
    const over = new AbortController()
    const until = AbortSignal.any([signal, ending, over.signal])
    const tooFew = new HoardError('too-few-shards', { object: 'file' })
    parts.clock.wait(atMostMs, { signal: until }).then(
      () => over.abort(tooFew),
      () => undefined,
    )
    const stopWatching = changes.watch(() => {
      if (contents.get(from.id) !== from) over.abort(new HoardError('not-found', { object: 'file' }))
    })
    try {
      const pack = await copyOf(from, ranges, until)
      try {
        await untilKept(pack, isKept, until)
        await move(from, pack, ranges, only)
      } finally {
        filling.delete(pack)
        await endUnnamed()
      }
    } finally {
      stopWatching()
      over.abort(tooFew)
    }
  }
  const copyOf = async (from: Content, ranges: readonly PackPlace[], until: AbortSignal): Promise<Content> => {
    const blobs: Blob[] = []
    for (const { offset, length } of ranges) {
      const read: Uint8Array<ArrayBuffer>[] = []
      for await (const piece of openContent(parts, people, from, { start: offset, end: offset + length }, until)) read.push(piece.slice())
      blobs.push(new Blob(read))
    }
    return beginPack(blobs)
  }
  const untilKept = async (pack: Content, isKept: Repacking['isKept'], until: AbortSignal): Promise<void> => {
    while (!isKept(pack)) {
      const { trouble, waitsForRoom } = pack.activity
      if (trouble !== undefined) throw new HoardError(trouble.code, trouble.facts)
      if (waitsForRoom === 'to be made') throw new HoardError('storage-full')
      await changes.next(until)
    }
  }
  /** Returns the parts of a content that are to be stored anew, undefined when it stays as it is. */
  const dueParts = (pack: Content, { places, isLinked }: Named): readonly PackPlace[] | undefined => {
    if (!pack.note.isStored || pack.size > MAX_PACK_BYTES || isLinked) return undefined
    const live = liveParts(places.filter(({ offset, size }) => offset + size <= pack.size))
    return packCare(pack.size, live) === 'rewrite' && isOurTurn(pack) ? live : undefined
  }
  /** Tells whether this device stored a pack, or the one that did has been silent for long. SPEC PCK6. */
  const isOurTurn = ({ id }: Content): boolean => {
    const entry = vault.entries.get(idFromHex(id))
    const device = entry && isContent(entry) ? entry.key.stamp.device : undefined
    if (device === undefined || device === vault.device) return device !== undefined
    return parts.clock.now() - lastChangeBy(device, vault.entries.values()) > SILENT_MS
  }

  return {
    async copyOut(file, until) {
      const { content, offset, size, id } = file
      const isKept = ({ groups }: Content): boolean => groups.length > 0 && groups.every(isOpenable)
      await repack(content, { ranges: [{ offset, length: size }], only: id, isKept, atMostMs: COPY_AT_MOST_MS, ending: until })
    },
    async care() {
      // What is not known may name more of a pack.
      if (isCaring || vault.isIncomplete) return
      isCaring = true
      try {
        const due = [...placesByContent(vault.entries.values())].flatMap(([id, named]) => {
          const pack = contents.get(idHex(id))
          return pack !== undefined && dueParts(pack, named) !== undefined ? [pack] : []
        })
        for (const pack of due) {
          // The rewrite of the one before has taken its time.
          const named = placesByContent(vault.entries.values()).get(idFromHex(pack.id))
          const ranges = named && dueParts(pack, named)
          if (ranges === undefined || contents.get(pack.id) !== pack) continue
          const isKept = ({ note }: Content): boolean => note.isStored
          await repack(pack, { ranges, isKept, atMostMs: REWRITE_AT_MOST_MS }).catch(() => undefined)
        }
      } finally {
        isCaring = false
      }
    },
    async splitUnreadable(pack) {
      const readable: { readonly range: PackPlace; readonly blob: Blob }[] = []
      const members = filesByContent(files.values()).get(pack) ?? []
      for (const { blob, offset, size } of members)
        if (blob !== undefined && (await isReadable(blob))) readable.push({ range: { offset, length: size }, blob })
      if (readable.length === 0 || readable.length === members.length) return
      const other = await beginPack(readable.map(({ blob }) => blob))
      try {
        await move(
          pack,
          other,
          readable.map(({ range }) => range),
        )
      } finally {
        filling.delete(other)
        await endUnnamed()
      }
    },
  }
}

/** What is stored anew, and how. */
interface Repacking {
  readonly ranges: readonly PackPlace[]
  /** Id of the only file whose versions move. */
  readonly only?: string
  /** Tells whether people keep enough of the new content for it to be named. */
  readonly isKept: (pack: Content) => boolean
  readonly atMostMs: number
  readonly ending?: AbortSignal
}

/** What names a content. SPEC VLT24. */
interface Named {
  readonly places: Place[]
  /** A link opens all of it, so all of it is live. */
  isLinked: boolean
}

function placesByContent(entries: Iterable<VaultEntry>): ReadonlyMap<EntryId, Named> {
  const byContent = new Map<EntryId, Named>()
  for (const entry of entries) {
    for (const place of namedPlaces(entry)) {
      const named = byContent.get(place.content) ?? { places: [], isLinked: false }
      byContent.set(place.content, named)
      named.places.push(place)
      named.isLinked ||= entry.link !== undefined
    }
  }
  return byContent
}

type MovePlace = (place: Place) => Place | undefined

/** Returns what says where a place in one of the `ranges` of `from` lies in `content`; undefined for any other place. */
function movedTo(from: EntryId, content: EntryId, ranges: readonly PackPlace[]): MovePlace {
  let end = 0
  const moved = ranges.map(({ offset, length }) => ({ start: offset, end: offset + length, to: (end += length) - length }))
  return ({ content: other, offset, size }) => {
    if (other !== from) return undefined
    const range = moved.find(({ start, end: last }) => start <= offset && offset + size <= last)
    return range && { content, offset: range.to + offset - range.start, size }
  }
}

/** Returns the changes by which the versions of `entry`, and their thumbnails, are elsewhere. */
function movedVersions(entry: VaultEntry, placeIn: MovePlace): readonly EntryChange[] {
  if (entry.deletedAt?.value === 0) return []
  return entry.versions.flatMap(({ id, value }): readonly EntryChange[] => {
    const [place, thumb] = [value && placeIn(value), value?.thumb && placeIn(value.thumb)]
    if (value === null || (!place && !thumb)) return []
    return [{ id: entry.id, fields: { version: { ...value, ...place, ...(thumb && { thumb }), id } } }]
  })
}

/** Returns when a device last changed something that still holds, Unix milliseconds; 0 when nothing does. */
function lastChangeBy(device: DeviceId, entries: Iterable<VaultEntry>): number {
  let last = 0
  for (const entry of entries) for (const stamp of stampsOf(entry)) if (stamp.device === device) last = Math.max(last, stamp.ms)
  return last
}

/** Tells whether the whole blob can be read; reads it into memory, so for small files only. */
async function isReadable(blob: Blob): Promise<boolean> {
  try {
    return (await blob.arrayBuffer()).byteLength === blob.size
  } catch {
    return false
  }
}
