import { concatBytes, hex, type Bytes } from '../../core/bytes.ts'
import { bytesOf, flag, idOf, listOf, objectFormat, optional, record, uint } from '../../core/encoding.ts'
import { codeOf, HoardError } from '../../core/errors.ts'
import { brandBytes, type FileKey, type SegmentId } from '../../core/ids.ts'
import { recordKinds } from '../../core/keys.ts'
import { unwrapObject, wrapObject } from '../../core/padded-object.ts'
import { sealedLength } from '../../core/records.ts'
import { openSmall, sealSmall } from '../../core/small-seal.ts'
import type { VaultEntry } from '../../core/vault/entry.ts'
import { frontierShape, nothingSeen, type Frontier } from '../../core/vault/frontier.ts'
import { decodeLayer, MAX_LAYER_BYTES } from '../../core/vault/layer.ts'
import type { LayerPlace } from '../../core/vault/log-body.ts'
import type { SealJob } from '../../ports/coder.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { BASE } from './log-rows.ts'

/** A layer on this disk: the sealed records that people are given as well. */
export interface LocalLayer {
  /** 16 random bytes that name its spool. */
  readonly name: Bytes
  readonly fileKey: FileKey
  /** Encoded bytes of the layer. */
  readonly bytes: number
  /** The segment of the vault's group that it is, once it is described for people or was fetched from them. */
  readonly segmentId?: SegmentId
}

/** A segment that no list names any more: people drop it once nobody can still be reading by an older list. SPEC VLT27. */
export interface ReplacedLayer {
  readonly segmentId: SegmentId
  /** Unix milliseconds. */
  readonly at: number
}

/** The layers that a start reads, and up to where they have the log. */
export interface VaultBase {
  readonly floors: Frontier
  readonly layers: readonly LocalLayer[]
  /** Those that this device is to retire, oldest first. */
  readonly replaced: readonly ReplacedLayer[]
  /** Whether a base before it could not be read: what it named is missing here. */
  readonly isPart: boolean
}

/** What reads and writes layers. */
export type BaseParts = Pick<PeerParts, 'catalog' | 'outbox' | 'coder' | 'random'>

/** Most slots of which a base says how far they go: those that floors may name, and the frontier of a device that met more. */
const MAX_SLOTS_KNOWN = 1_024
/** Most layers here: those of a list, and what waits for people. */
const MAX_LOCAL_LAYERS = 64
/** Most layers that wait to be retired: as many as a charter retires. What is beyond them goes with the term. */
export const MAX_REPLACED = 256
const PURPOSE = 'vault-base'
const R_BYTES = 32
const ENDING = '.layer'

const format = objectFormat('vault base', 65_536, {
  floors: frontierShape(MAX_SLOTS_KNOWN),
  layers: listOf(
    record({ name: bytesOf(16), fileKey: idOf<FileKey>(), bytes: uint(MAX_LAYER_BYTES), segmentId: optional(idOf<SegmentId>()) }),
    { max: MAX_LOCAL_LAYERS },
  ),
  replaced: listOf(record({ segmentId: idOf<SegmentId>(), at: uint() }), { max: MAX_REPLACED }),
  isPart: flag,
})

/** The base of a vault without layers. */
export const emptyBase: VaultBase = { floors: nothingSeen, layers: [], replaced: [], isPart: false }

/** Returns the base on this disk, undefined when there is none. Throws HoardError 'record-damaged' | 'format-invalid' | 'format-unknown'. */
export async function readBase({ catalog }: Pick<BaseParts, 'catalog'>, vaultAead: Bytes): Promise<VaultBase | undefined> {
  const kept = await catalog.get('self', BASE)
  if (kept === undefined) return undefined
  return format.decode(openSmall(vaultAead, PURPOSE, kept.subarray(0, R_BYTES), kept.subarray(R_BYTES)))
}

/** Returns the change that writes `base` down, sealed: it has the keys of the layers. */
export function baseChange({ random }: Pick<BaseParts, 'random'>, vaultAead: Bytes, base: VaultBase): CatalogChange {
  const r = random.bytes(R_BYTES)
  return { table: 'self', key: BASE, value: concatBytes(r, sealSmall(vaultAead, PURPOSE, r, format.encode(base))) }
}

/**
 * Seals a layer and spools it; durable when it resolves. Throws what the outbox throws.
 * @param from where people keep this very layer, which has its key; under a fresh one when absent
 * Source: core SPEC.md VLT22.
 */
export async function writeLayer({ outbox, coder, random }: BaseParts, encoded: Bytes, from?: LayerPlace): Promise<LocalLayer> {
  const fileKey = from?.fileKey ?? brandBytes<FileKey>(random.bytes(32))
  const layer = { name: random.bytes(16), fileKey, bytes: encoded.length, ...(from && { segmentId: from.segmentId }) }
  const sealed = await retryWorker(() => coder.seal(jobOf(layer), wrapObject(encoded)))
  await outbox.write(spoolOf(layer), 0, sealed)
  coder.release(sealed)
  return layer
}

/**
 * Returns the entries of a layer on this disk.
 * @throws HoardError 'storage-damaged' when it is not here or not whole; what the outbox throws besides
 */
export async function readLayer({ outbox, coder }: Pick<BaseParts, 'outbox' | 'coder'>, layer: LocalLayer): Promise<readonly VaultEntry[]> {
  try {
    const encoded = await openSealedLayer({ coder }, layer, () => readSealedLayer({ outbox }, layer))
    return decodeLayer(encoded)
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'not-found' && code !== 'record-damaged' && code !== 'format-invalid' && code !== 'storage-damaged') throw error
    throw new HoardError('storage-damaged', { object: 'layer' }, error)
  }
}

/**
 * Returns the encoded layer whose sealed records `read` returns, which are consumed.
 * @throws HoardError 'record-damaged' | 'format-invalid'; what `read` throws
 */
export async function openSealedLayer(
  { coder }: Pick<BaseParts, 'coder'>,
  layer: Pick<LocalLayer, 'fileKey'>,
  read: () => Promise<Bytes>,
): Promise<Bytes> {
  const opened = await retryWorker(async () => coder.open(jobOf(layer), await read()))
  const encoded = unwrapObject(opened)
  coder.release(opened)
  return encoded
}

/** Returns the sealed records of a layer, as people are given them, or `length` bytes of them. Throws what the outbox throws. */
export function readSealedLayer(
  { outbox }: Pick<BaseParts, 'outbox'>,
  layer: LocalLayer,
  { offset, length } = { offset: 0, length: sealedLayerLength(layer) },
): Promise<Bytes> {
  return outbox.read(spoolOf(layer), offset, length)
}

/** Returns the sealed bytes of a layer of so many encoded ones. */
export function sealedLayerLength({ bytes }: Pick<LocalLayer, 'bytes'>): number {
  return sealedLength(bytes + LENGTH_BYTES)
}

/** Frees layers that the base does not name any more. */
export async function removeLayers({ outbox }: Pick<BaseParts, 'outbox'>, layers: readonly LocalLayer[]): Promise<void> {
  for (const layer of layers) await outbox.remove(spoolOf(layer))
}

/** Frees layers that a crash left behind: written, and never named by a base, or named no more. A base that was lost may have named them. */
export async function sweepLayers({ outbox }: Pick<BaseParts, 'outbox'>, { layers, isPart }: VaultBase): Promise<void> {
  if (isPart) return
  const named = new Set(layers.map(spoolOf))
  for (const { name } of await outbox.list()) if (name.endsWith(ENDING) && !named.has(name)) await outbox.remove(name)
}

/** Bytes of the length before an object that is padded. */
const LENGTH_BYTES = 4

function spoolOf({ name }: Pick<LocalLayer, 'name'>): string {
  return `${hex(name)}${ENDING}`
}

function jobOf({ fileKey }: Pick<LocalLayer, 'fileKey'>): SealJob {
  return { fileKey, kind: recordKinds.layer, r: new Uint8Array(), firstRecord: 0, isEnd: true }
}
