import { equalBytes } from '../../core/bytes.ts'
import type { FileCode } from '../../core/policy.ts'
import { MAX_LAYERS } from '../../core/vault/log-body.ts'
import { commitSegment, dropSegments, type OwnGroup } from '../groups/own-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { isLeftToGuardian, isWanted, placeRound } from '../groups/place-round.ts'
import { describeSegment } from '../placing/describe-segment.ts'
import { verifiedPieces, type PlacedSegment } from '../placing/placed-segment.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import { rowForPeople } from '../storing/decide-code.ts'
import { readSealedLayer, sealedLayerLength, type LocalLayer } from '../vault/base-layers.ts'
import type { LocalVault } from '../vault/local-vault.ts'

/** Rounds in which people are asked who took nothing in the one before. */
const ROUNDS = 3

/**
 * Resolves with whether the layers of this disk count for everybody: each lies with m people who gave a leaf of it back, and then the entry
 * that lists them is written. False while too few people are there, or when the layers became others meanwhile: it is called again.
 * @throws HoardError of this device; `signal.reason`
 * Source: core SPEC.md VLT22, VLT28.
 */
export async function placeLayers(tools: StoreTools, vault: LocalVault, group: OwnGroup, signal: AbortSignal): Promise<boolean> {
  if (vault.told().layers.length > MAX_LAYERS) await vault.layUp()
  for (const layer of vault.told().layers) if (!(await placeLayer(tools, vault, group, layer, signal))) return false
  return vault.list(vault.told().layers)
}

/** Sends the pieces of listed layers that this device placed anew where people went and no guardian is at work. */
export async function topUpLayers(tools: StoreTools, vault: LocalVault, group: OwnGroup, signal: AbortSignal): Promise<void> {
  for (const layer of vault.told().layers) {
    const found = segmentOf(group, layer)
    if (found === undefined || !isWanted(tools, group, found.segment) || isLeftToGuardian(tools, group, found.segment)) continue
    await placeRound(tools, group, found.at, found.segment, sourceOf(tools, layer), () => undefined, signal)
  }
}

/** Forgets the segments of layers that are of no more use: they are neither here nor to be retired. */
export async function forgetSegments({ journal }: StoreTools, vault: LocalVault, group: OwnGroup): Promise<void> {
  const { layers, replaced } = vault.told()
  const used = [...layers, ...replaced]
  const isUsed = ({ segmentId }: PlacedSegment): boolean => used.some(({ segmentId: id }) => id !== undefined && equalBytes(id, segmentId))
  const gone = [...group.segments].flatMap(([at, segment]) => (isUsed(segment) ? [] : [at]))
  if (gone.length > 0) await dropSegments(journal, group, gone)
}

/** Resolves with whether m people keep the layer, by a leaf that each gave back. One that was fetched from people has its people. */
async function placeLayer(tools: StoreTools, vault: LocalVault, group: OwnGroup, layer: LocalLayer, signal: AbortSignal): Promise<boolean> {
  const known = segmentOf(group, layer)
  if (known === undefined && layer.segmentId !== undefined) return true
  if (known !== undefined && isPlaced(known.segment)) return true
  const code = await rowForPeople(tools, signal)
  if (code === undefined) return false
  const source = sourceOf(tools, layer)
  // While too few people have it nobody reads it: it is coded for those who are here now.
  const isFitting = known !== undefined && known.segment.descriptor.k === code.k && known.segment.descriptor.n === code.n
  const { at, segment } = isFitting ? known : await describeLayer(tools, vault, group, { layer, code, source }, signal)
  for (let round = 0; round < ROUNDS && !isPlaced(segment); round++) {
    await placeRound(tools, group, at, segment, source, () => undefined, signal)
  }
  return isPlaced(segment)
}

async function describeLayer(
  { parts, journal }: StoreTools,
  vault: LocalVault,
  group: OwnGroup,
  { layer, code: { k, m, n }, source }: { readonly layer: LocalLayer; readonly code: FileCode; readonly source: SegmentSource },
  signal: AbortSignal,
): Promise<FoundSegment> {
  const segment = await describeSegment(parts.coder, { k, m, n }, group.groupKey, source, signal)
  // Of the same layer and code it is the same segment.
  const known = segmentOf(group, segment)
  const at = known?.at ?? freePlace(group)
  if (known === undefined) await commitSegment(journal, group, at, segment)
  await vault.describe(layer, segment.segmentId)
  return { at, segment: known?.segment ?? segment }
}

interface FoundSegment {
  readonly at: number
  readonly segment: PlacedSegment
}

function segmentOf({ segments }: OwnGroup, { segmentId: id }: Pick<LocalLayer, 'segmentId'>): FoundSegment | undefined {
  if (id === undefined) return undefined
  const found = [...segments].find(([, { segmentId }]) => equalBytes(segmentId, id))
  return found && { at: found[0], segment: found[1] }
}

function isPlaced(segment: PlacedSegment): boolean {
  return verifiedPieces(segment).length >= segment.descriptor.m
}

function freePlace({ segments }: OwnGroup): number {
  let at = 0
  while (segments.has(at)) at++
  return at
}

function sourceOf({ parts }: StoreTools, layer: LocalLayer): SegmentSource {
  return { sealedLength: sealedLayerLength(layer), readStripe: (span) => readSealedLayer(parts, layer, span) }
}
