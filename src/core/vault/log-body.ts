import type { Bytes } from '../bytes.ts'
import { bytesOf, idOf, listOf, nullable, objectFormat, optional, record, uint } from '../encoding.ts'
import { assert, HoardError } from '../errors.ts'
import type { FileKey, SegmentId } from '../ids.ts'
import { deriveKey } from '../labels.ts'
import { openSmall, sealSmall } from '../small-seal.ts'
import { changeBytes, changeShape, type VaultChange } from './change.ts'
import { brandId, ID_BYTES, idBytes, vaultId, type DeviceId, type Slot } from './entry-id.ts'
import { frontierShape, nothingSeen, type Frontier } from './frontier.ts'
import { MAX_TIME_MS } from './hybrid-time.ts'
import { MAX_LAYER_BYTES } from './layer.ts'
import { MAX_LOG_BODY_BYTES, type LogEntry } from './log-entry.ts'

/** Where a layer is, and what opens it. SPEC VLT22. */
export interface LayerPlace {
  readonly segmentId: SegmentId
  readonly fileKey: FileKey
  /** Encoded bytes of the layer, by which layers are merged. */
  readonly bytes: number
}

/** The sealed part of an entry of the log. SPEC VLT10. */
export interface LogBody {
  /** 32 bytes: digest of the entry before in the same slot, null for the first. */
  readonly prev: Bytes | null
  readonly device: DeviceId
  /** Unix milliseconds of the writing. */
  readonly at: number
  readonly changes: readonly VaultChange[]
  /** What the device has of other slots, as far as it rose since its entry before. SPEC VLT17. */
  readonly seen: Frontier
  /** All layers of the vault, in an entry with floors. */
  readonly layers?: readonly LayerPlace[]
}

/** Most changes of one body. SPEC VLT10. */
export const MAX_CHANGES = 256
/** A commit whose changes are longer goes into a layer. SPEC VLT22. */
export const MAX_COMMIT_BYTES = 32_768
/** Most slots that `seen` names. SPEC VLT10. */
export const MAX_SEEN = 32
/** Most layers of a vault. SPEC VLT22. */
export const MAX_LAYERS = 16
/** Purpose of the key that seals the body of one entry, with the entry's `r` as context. SPEC VLT9. */
const BODY_PURPOSE = 'log-body'

const layerPlace = record({ segmentId: idOf<SegmentId>(), fileKey: idOf<FileKey>(), bytes: uint(MAX_LAYER_BYTES) })
const format = objectFormat('log body', MAX_LOG_BODY_BYTES, {
  prev: nullable(bytesOf(32)),
  device: vaultId<DeviceId>(),
  at: uint(MAX_TIME_MS),
  changes: listOf(changeShape, { max: MAX_CHANGES }),
  seen: frontierShape(MAX_SEEN),
  layers: optional(listOf(layerPlace, { min: 1, max: MAX_LAYERS })),
})

/** Returns the slot of `device`: 16 bytes that only the owner can connect with it. SPEC VLT9. */
export function slotOfDevice(vaultAead: Uint8Array, device: DeviceId): Slot {
  assert(vaultAead.length === 32, 'a vault key has 32 bytes')
  return brandId<Slot>(deriveKey(vaultAead, 'log-slot', idBytes(device)).subarray(0, ID_BYTES))
}

/**
 * Returns `changes` divided among as many entries as they take, of which the first tells `seen`; undefined when they are to go into a
 * layer, since they are longer than `MAX_COMMIT_BYTES` together or one alone is longer than an entry.
 * @throws HoardError 'format-invalid' when something may not be written at all
 * Source: SPEC.md VLT22.
 */
export function divideChanges(changes: readonly VaultChange[], seen: Frontier): readonly (readonly VaultChange[])[] | undefined {
  const sizes = changes.map(changeBytes)
  if (sizes.reduce((sum, size) => sum + size, 0) > MAX_COMMIT_BYTES) return undefined
  const bodies: VaultChange[][] = [[]]
  let room = roomBeside(seen)
  for (const [at, change] of changes.entries()) {
    const size = sizes[at] ?? 0
    if (size > room || bodies.at(-1)?.length === MAX_CHANGES) {
      bodies.push([])
      room = roomBeside(nothingSeen)
    }
    room -= size
    if (room < 0) return undefined
    bodies.at(-1)?.push(change)
  }
  return bodies
}

/** Returns the encoding of `body`. Throws HoardError 'format-invalid', also when the changes do not fit one entry. SPEC VLT10. */
export function encodeLogBody(body: LogBody): Bytes {
  return format.encode(body)
}

/** Returns the body in `bytes`. Throws HoardError 'format-unknown' | 'format-invalid'. */
export function decodeLogBody(bytes: Uint8Array): LogBody {
  return format.decode(bytes)
}

/** Returns `body` sealed for the entry that carries `r`, 32 fresh random bytes. Throws HoardError 'format-invalid'. SPEC VLT9. */
export function sealLogBody(vaultAead: Uint8Array, r: Uint8Array, body: LogBody): Bytes {
  return sealSmall(vaultAead, BODY_PURPOSE, r, encodeLogBody(body))
}

/**
 * Returns the body of an entry whose signature was checked.
 * @throws HoardError 'record-damaged' (not of this vault) | 'format-unknown' | 'format-invalid' (also in the slot of another device, or with
 * floors and no layers, or the other way round)
 * Source: SPEC.md VLT9, VLT10.
 */
export function openLogBody(vaultAead: Uint8Array, { slot, seq, r, sealed, floors }: LogEntry): LogBody {
  const body = decodeLogBody(openSmall(vaultAead, BODY_PURPOSE, r, sealed))
  if (slotOfDevice(vaultAead, body.device) !== slot) refuse('in the slot of another device')
  if ((body.prev === null) !== (seq === 0)) refuse('a first entry that follows another, or the other way round')
  if ((body.layers === undefined) !== (floors === undefined)) refuse('layers without floors, or floors without layers')
  return body
}

/** Bytes that a body of the longest kind has for changes. */
function roomBeside(seen: Frontier): number {
  const device = brandId<DeviceId>(new Uint8Array(ID_BYTES))
  const body = { prev: new Uint8Array(32), device, at: MAX_TIME_MS, changes: [], seen }
  // The head of a list of 256 is two bytes longer than that of none.
  return MAX_LOG_BODY_BYTES - encodeLogBody(body).length - 2
}

function refuse(reason: string): never {
  throw new HoardError('format-invalid', { format: format.name, reason })
}
