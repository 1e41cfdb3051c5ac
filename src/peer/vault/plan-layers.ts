import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import type { SegmentId } from '../../core/ids.ts'
import { isForgotten } from '../../core/vault/ends.ts'
import { createVaultState, type VaultEntry } from '../../core/vault/entry.ts'
import { layersToMerge } from '../../core/vault/layer-lists.ts'
import { encodeLayers } from '../../core/vault/layer.ts'
import { MAX_REPLACED, readLayer, type BaseParts, type LocalLayer, type ReplacedLayer, type VaultBase } from './base-layers.ts'

/** The layers of this disk once some more is in them. */
export interface PlannedLayers {
  readonly kept: readonly LocalLayer[]
  /** Those that others take the place of. */
  readonly old: readonly LocalLayer[]
  /** The new ones, encoded. */
  readonly fresh: readonly Bytes[]
}

/**
 * Returns the layers that have what `entries` say as well. Nothing is merged while something cannot be read: it would be left out.
 * @param everything all that this device knows, `entries` or not
 * @throws HoardError 'storage-damaged'; what the outbox throws besides
 * Source: core SPEC.md VLT23, VLT25.
 */
export async function planLayers(
  parts: Pick<BaseParts, 'outbox' | 'coder'>,
  {
    layers,
    hasLayers,
    everything,
  }: Pick<VaultBase, 'layers'> & { readonly hasLayers: boolean; readonly everything: () => Iterable<VaultEntry> },
  entries: readonly VaultEntry[],
  now: number,
): Promise<PlannedLayers> {
  const added = entries.length === 0 ? [] : encodeLayers(createVaultState(entries).entries.values())
  const sizes = [...layers.map(({ bytes }) => bytes), ...added.map(({ length }) => length)]
  const merged = new Set(hasLayers ? layersToMerge(sizes) : [])
  const old = layers.filter((_layer, at) => merged.has(at))
  const unmerged = added.filter((_bytes, at) => !merged.has(layers.length + at))
  const kept = layers.filter((_layer, at) => !merged.has(at))
  if (merged.size === 0) return { kept, old, fresh: unmerged }
  const read = merged.size === sizes.length ? [everything()] : await Promise.all(old.map((layer) => readLayer(parts, layer)))
  const newer = unmerged.length < added.length ? entries : []
  const joined = createVaultState([...read.flatMap((some) => [...some]), ...newer]).entries.values()
  const lasting = [...joined].filter((entry) => !isForgotten(entry, now))
  return { kept, old, fresh: [...unmerged, ...(lasting.length === 0 ? [] : encodeLayers(lasting))] }
}

/** Returns the segments to retire, with those that are replaced `now`; the oldest of too many go with the term of their group. */
export function withReplaced(
  { replaced }: Pick<VaultBase, 'replaced'>,
  segmentIds: readonly SegmentId[],
  now: number,
): readonly ReplacedLayer[] {
  const noted = new Set(replaced.map(({ segmentId }) => hex(segmentId)))
  const fresh = segmentIds.filter((segmentId) => !noted.has(hex(segmentId))).map((segmentId) => ({ segmentId, at: now }))
  return [...replaced, ...fresh].slice(-MAX_REPLACED)
}

/** Returns `base` once `layer` is that segment; the one that it was is to be retired. SPEC VLT27. */
export function withDescribed(base: VaultBase, { name }: Pick<LocalLayer, 'name'>, segmentId: SegmentId, now: number): VaultBase {
  const layers = base.layers.map((layer) => (equalBytes(layer.name, name) ? { ...layer, segmentId } : layer))
  const before = base.layers.flatMap(({ name: other, segmentId: id }) => (id && equalBytes(other, name) ? [id] : []))
  return { ...base, layers, replaced: withReplaced(base, before, now) }
}
