import { compareIds, type Slot } from './entry-id.ts'
import { covers, isCovered, type Frontier } from './frontier.ts'
import { MAX_LAYER_BYTES } from './layer.ts'
import { MAX_LAYERS, type LayerPlace } from './log-body.ts'
import { MAX_FLOORS } from './log-entry.ts'
import type { OpenedEntry } from './log-reading.ts'

/** The layers that one entry of the log lists: they hold everything up to `floors`. */
export interface LayerList {
  readonly slot: Slot
  readonly seq: number
  readonly floors: Frontier
  readonly layers: readonly LayerPlace[]
}

/** Most bytes of entries above the floors. SPEC VLT22. */
const MAX_UNCOVERED_BYTES = 98_304
/** Layers from this size on are what a merge of all left: the others are measured by them. SPEC VLT23. */
const LARGE_BYTES = MAX_LAYER_BYTES / 4
/** So many layers of one size become one. SPEC VLT23. */
const SAME_SIZE = 4

/**
 * Returns the lists of layers in a log that count: those that no other one replaces. A list is replaced by one whose writer had read it, or
 * that its own device wrote later, and whose floors cover its own: with the floors alone it would go with what its layers have beyond them.
 * Source: SPEC.md VLT22.
 */
export function countingLists(opened: readonly OpenedEntry[]): readonly LayerList[] {
  const lists = opened.flatMap(({ entry: { slot, seq, floors }, body: { layers } }) =>
    floors === undefined || layers === undefined ? [] : [{ slot, seq, floors, layers }],
  )
  const isReplaced = ({ slot, seq, floors }: LayerList): boolean =>
    lists.some((other) => covers(other.floors, floors) && (isCovered(other.floors, slot, seq) || (other.slot === slot && other.seq > seq)))
  return lists.filter((list) => !isReplaced(list)).toSorted((a, b) => b.seq - a.seq || compareIds(a.slot, b.slot))
}

/** Tells whether a device writes a layer of what `entries`, those above the floors, say. SPEC VLT22. */
export function isLayerDue(entries: readonly OpenedEntry[]): boolean {
  return entries.reduce((sum, { entry }) => sum + entry.bytes.length, 0) > MAX_UNCOVERED_BYTES
}

/**
 * Returns the floors of a list of layers that have everything up to `frontier`: of more slots than floors may name, those that are in use,
 * then the longest. What is left out is in the layers all the same. Source: SPEC.md VLT22.
 * @param inUse slots of which there are entries above the floors before
 */
export function floorsOf(frontier: Frontier, inUse: ReadonlySet<Slot>): Frontier {
  const isInUse = (slot: Slot): number => (inUse.has(slot) ? 1 : 0)
  const rows = [...frontier].toSorted(([a, seqA], [b, seqB]) => isInUse(b) - isInUse(a) || seqB - seqA || compareIds(a, b))
  return new Map(rows.slice(0, MAX_FLOORS))
}

/**
 * Returns the places in `sizes`, the encoded bytes of all layers, the new one among them, of those that become one; none when all may stay.
 * Source: SPEC.md VLT23; O'Neil et al. 1996, "The log-structured merge-tree".
 */
export function layersToMerge(sizes: readonly number[]): readonly number[] {
  const places = [...sizes.keys()]
  const sizeAt = (at: number): number => sizes[at] ?? 0
  const total = (of: readonly number[]): number => of.reduce((sum, at) => sum + sizeAt(at), 0)
  const largest = Math.min(LARGE_BYTES, Math.max(...sizes))
  const large = places.filter((at) => sizeAt(at) >= largest)
  const small = places.filter((at) => sizeAt(at) < largest)
  if (2 * total(small) >= total(large) || sizes.length > MAX_LAYERS) return places
  const same = small.map((at) => small.filter((other) => sizeClass(sizeAt(other)) === sizeClass(sizeAt(at))))
  return same.find((group) => group.length >= SAME_SIZE) ?? []
}

/** Layers of a size lie between the same two powers of four. */
function sizeClass(bytes: number): number {
  let power = 0
  for (let bound = 4; bytes >= bound; bound *= 4) power++
  return power
}
