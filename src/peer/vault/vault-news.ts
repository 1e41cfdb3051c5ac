import { hex, type Bytes } from '../../core/bytes.ts'
import type { SegmentId } from '../../core/ids.ts'
import { compareIds } from '../../core/vault/entry-id.ts'
import { covers, isCovered, joinFrontiers, type Frontier } from '../../core/vault/frontier.ts'
import { countingLists, floorsOf } from '../../core/vault/layer-lists.ts'
import { MAX_LAYERS, type LayerPlace } from '../../core/vault/log-body.ts'
import type { CheckedLogEntry } from '../../core/vault/log-entry.ts'
import type { OpenedEntry, ReadLog } from '../../core/vault/log-reading.ts'
import type { LocalLayer, ReplacedLayer, VaultBase } from './base-layers.ts'
import type { FetchLayer } from './take-log.ts'

/** What people are to be given of a vault. */
export interface VaultNews {
  /** The entries that no list covers, this device's and those of others, each chain from its beginning. */
  readonly entries: readonly CheckedLogEntry[]
  /** How far this device has the chains. */
  readonly frontier: Frontier
  /** Up to where the lists that count have them. */
  readonly floors: Frontier
  /** What somebody has seen, and nobody gave. */
  readonly missing: Frontier
  /** The layers of this disk. */
  readonly layers: readonly LocalLayer[]
  /** Tells whether the lists that count say what these layers do; false as well while one of them cannot be read. */
  readonly isToList: boolean
  /** Segments that this device is to retire. */
  readonly replaced: readonly ReplacedLayer[]
}

/** What this device has of the log, for what follows from who has which part of it. */
export interface HeldLog {
  /** The entries above `floors`, and those whose lists count. */
  readonly known: readonly OpenedEntry[]
  /** Up to where this device's layers have the log. */
  readonly floors: Frontier
  /** How far this device has the chains, layers included. */
  readonly had: Frontier
}

/** How a vault goes to people and comes from them. Every method that writes resolves once its effect is durable. SPEC VLT27. */
export interface VaultForPeople {
  /** Returns what people are to be given. */
  told(): VaultNews
  /** Returns what of the log is here. */
  log(): HeldLog
  /** Writes an entry without changes that tells what this device has of others, if there is anything that was not told. SPEC VLT17. */
  tellSeen(): Promise<void>
  /**
   * Takes entries of the log that others wrote, as people gave them, and the layers that their lists name, from `fetchLayer`. What is not of
   * this vault is passed over; entries behind a gap, and lists of which a layer cannot be had, are left for another time. Resolves with the
   * number of such lists, once all that was taken is durable; a failure leaves nothing.
   * @throws HoardError 'storage-full' | 'storage-damaged' | 'storage-unavailable'; what `fetchLayer` throws but HoardError
   */
  take(offered: readonly Bytes[], fetchLayer: FetchLayer): Promise<number>
  /** Writes a layer of what lies above the layers, however little that is, and one of all where there are more than a list names. */
  layUp(): Promise<void>
  /** Notes that a layer of this disk is that segment of the vault's group, before a byte of it leaves; the one that it was is to be retired. */
  describe(layer: LocalLayer, segmentId: SegmentId): Promise<void>
  /**
   * Writes the entry by which the layers of this disk count for everybody; `layers` are those that people were found to keep. Resolves with
   * whether it was written: not while the layers are others.
   */
  list(layers: readonly LocalLayer[]): Promise<boolean>
  /** Has layers that this disk lost from people who keep them. Throws what `fetchLayer` and the disk throw. */
  restoreLayers(fetchLayer: FetchLayer): Promise<void>
  /** Notes that the segments were retired. */
  forgetReplaced(segmentIds: readonly SegmentId[]): Promise<void>
}

/** What a device knows of its vault's log, beside the state. */
export interface KnownLog {
  readonly base: VaultBase
  /** The entries above the floors of the base, and those whose lists count. */
  readonly known: readonly OpenedEntry[]
  readonly log: ReadLog
  /** Whether every layer on this disk can be read. */
  readonly hasLayers: boolean
}

/** Returns what people are to be given of what this device knows. */
export function newsOf({ base, known, log, hasLayers }: KnownLog): VaultNews {
  const lists = countingLists(known)
  const floors = joinFrontiers(...lists.map((list) => list.floors))
  const listed = segmentsOf(lists.flatMap(({ layers }) => layers))
  const isListed =
    covers(floors, floorsToList({ base, log })) &&
    base.layers.every(({ segmentId }) => segmentId !== undefined && listed.has(hex(segmentId)))
  return {
    entries: known
      .map(({ entry }) => entry)
      .filter(({ slot, seq }) => !isCovered(floors, slot, seq))
      .toSorted((a, b) => compareIds(a.slot, b.slot) || a.seq - b.seq),
    frontier: log.frontier,
    floors,
    missing: log.missing,
    layers: base.layers,
    isToList: hasLayers && !isListed,
    replaced: base.replaced,
  }
}

/** Returns the floors of a list of the layers of this disk. SPEC VLT22. */
export function floorsToList({ base, log }: Pick<KnownLog, 'base' | 'log'>): Frontier {
  return floorsOf(base.floors, new Set(log.entries.map(({ entry }) => entry.slot)))
}

/** Returns what a list of the layers of this disk names; undefined when they are not those that were placed, or as many as no list names. */
export function placesToList({ layers }: Pick<VaultBase, 'layers'>, placed: readonly LocalLayer[]): readonly LayerPlace[] | undefined {
  const places = layers.flatMap(({ segmentId, fileKey, bytes }) => (segmentId === undefined ? [] : [{ segmentId, fileKey, bytes }]))
  const isSame = placed.length === places.length && layers.every((layer, at) => layer === placed[at])
  return isSame && places.length > 0 && places.length <= MAX_LAYERS ? places : undefined
}

/** Returns the entries that stay once everything up to `floors` is in layers here: those above, and those whose lists count. */
export function entriesToKeep(known: readonly OpenedEntry[], floors: Frontier): readonly OpenedEntry[] {
  const counting = new Set(countingLists(known).map(({ layers }) => layers))
  return known.filter(
    ({ entry: { slot, seq }, body: { layers } }) => !isCovered(floors, slot, seq) || (layers !== undefined && counting.has(layers)),
  )
}

/** Returns the segments that the lists which count name, in hexadecimal. */
export function listedSegments(known: readonly OpenedEntry[]): ReadonlySet<string> {
  return segmentsOf(placesIn(known))
}

/** Returns the segments that lists named in `before`, and none names in `after`. */
export function segmentsGone(before: readonly OpenedEntry[], after: readonly OpenedEntry[]): readonly SegmentId[] {
  const left = listedSegments(after)
  return placesIn(before).flatMap(({ segmentId }) => (left.has(hex(segmentId)) ? [] : [segmentId]))
}

function placesIn(known: readonly OpenedEntry[]): readonly LayerPlace[] {
  return countingLists(known).flatMap(({ layers }) => layers)
}

function segmentsOf(places: readonly LayerPlace[]): ReadonlySet<string> {
  return new Set(places.map(({ segmentId }) => hex(segmentId)))
}
