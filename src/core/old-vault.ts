import { compareBytes, equalBytes, hex, type Bytes } from './bytes.ts'
import {
  bytesOf,
  bytesUpTo,
  idOf,
  listOf,
  nullable,
  objectFormat,
  optional,
  record,
  text,
  uint,
  where,
  type Shape,
  type ValueOf,
} from './encoding.ts'
import { assert, HoardError } from './errors.ts'
import { MAX_FOLDER_BYTES, MAX_NAME_BYTES, MAX_TYPE_BYTES } from './file-limits.ts'
import type { FileKey, SegmentId } from './ids.ts'
import { deriveKey, labelledHash } from './labels.ts'
import { publicKeyOf, signWith } from './signature.ts'
import { signedFormat } from './signed.ts'
import { MAX_FILE_BYTES, MAX_FILE_GROUPS, TAG_BYTES } from './sizes.ts'

/** Hybrid logical clock: Unix milliseconds, and a count within them. SPEC VLT4. */
export interface HybridTime {
  readonly ms: number
  readonly count: number
}

/** One link of a device's chain in the vault's log, as its holders keep it. SPEC VLT2. */
export interface WireEntry {
  /** 32 bytes: the public half of `vault-sign`. */
  readonly publicKey: Bytes
  /** 16 bytes that tell devices' chains apart without naming the device. */
  readonly slot: Bytes
  /** 0 for the first entry of a slot, then one more each. */
  readonly seq: number
  /** 32 random bytes, fresh for every entry. */
  readonly r: Bytes
  /** AES-256-GCM of the encoded body under `entryKey`, zero nonce, no AAD. */
  readonly sealed: Bytes
}

/** The content of the sealed part of a wire entry. */
export interface VaultBody {
  /** 32 bytes: digest of the entry before in the same slot, null for the first. */
  readonly prev: Bytes | null
  /** 16 random bytes that name a device within its vault. */
  readonly device: Bytes
  readonly changes: readonly VaultChange[]
  /** Opens a checkpoint of the vault's group that stands for older entries. */
  readonly checkpoint?: { readonly segmentId: SegmentId; readonly fileKey: FileKey }
}

/** A change by a device to one entry of the vault. */
export interface VaultChange {
  /** 16 random bytes that name the entry. */
  readonly entry: Bytes
  readonly time: HybridTime
  /** Only the fields that changed, at least one; null takes a field back. */
  readonly fields: VaultFields
}

/** The fields that an entry of the vault may have. */
export type VaultFields = ValueOf<typeof fieldsShape>

/** An entry after all changes: the newest value of every field, those taken back left out. */
export type VaultEntry = { readonly entry: Bytes; /** Of the newest change. */ readonly time: HybridTime } & {
  readonly [Name in keyof VaultFields]?: Exclude<VaultFields[Name], null>
}

/** Longest wire entry. SPEC VLT2. */
export const MAX_WIRE_ENTRY_BYTES = 4096
/** Longest encoded body that fits a wire entry: 4,096 less 171 bytes around `sealed` and its tag. SPEC VLT2. */
export const MAX_VAULT_BODY_BYTES = 3909

/** Purpose of the key that seals the body of one wire entry, with the entry's `r` as context. SPEC VLT3. */
export const VAULT_BODY_PURPOSE = 'vault-body'

const MAX_SEALED_BYTES = MAX_VAULT_BODY_BYTES + TAG_BYTES
const entryName = bytesOf(16)
const fieldsShape = record({
  name: optional(text(MAX_NAME_BYTES)),
  type: optional(text(MAX_TYPE_BYTES)),
  /** Path of the folder the entry lies in, '' at the top. */
  folder: optional(text(MAX_FOLDER_BYTES)),
  size: optional(uint(MAX_FILE_BYTES)),
  addedAt: optional(uint()),
  fileKey: optional(idOf<FileKey>()),
  /** The salt of each group's seed and the number of its records, in the order of the file. */
  groups: optional(listOf(record({ salt16: bytesOf(16), records: uint() }), { min: 1, max: MAX_FILE_GROUPS })),
  code: optional(record({ k: uint(255, 2), m: uint(255, 3), n: uint(255, 3) })),
  link: optional(nullable(record({ salt: bytesOf(16), fileKey: idOf<FileKey>() }))),
  pack: optional(nullable(record({ entry: entryName, offset: uint(MAX_FILE_BYTES), length: uint(MAX_FILE_BYTES) }))),
  deletedAt: optional(nullable(uint())),
})
const time = record({ ms: uint(), count: uint(0xffff_ffff) })
const fields = where(fieldsShape, (given) => Object.keys(given).length > 0, 'a change without a field')
const change: Shape<VaultChange> = record({ entry: entryName, time, fields })
const changeFormat = objectFormat('vault change', MAX_VAULT_BODY_BYTES, { change })
const bodyFormat = objectFormat('vault body', MAX_VAULT_BODY_BYTES, {
  prev: nullable(bytesOf(32)),
  device: bytesOf(16),
  changes: listOf(change, { max: 256 }),
  checkpoint: optional(record({ segmentId: idOf<SegmentId>(), fileKey: idOf<FileKey>() })),
})
const wireFormat = signedFormat('vault-entry', MAX_WIRE_ENTRY_BYTES, {
  publicKey: bytesOf(32),
  slot: bytesOf(16),
  seq: uint(),
  r: bytesOf(32),
  sealed: bytesUpTo(MAX_SEALED_BYTES, TAG_BYTES + 1),
})

/** Returns the slot of the device named `deviceId` (16 bytes), 16 bytes that only the owner can connect with it. SPEC VLT3. */
export function slotOf(vaultAead: Uint8Array, deviceId: Uint8Array): Bytes {
  assert(vaultAead.length === 32 && deviceId.length === 16, 'a vault key has 32 bytes and a device id 16')
  return deriveKey(vaultAead, 'slot', deviceId).slice(0, 16)
}

/** Returns the AES-256 key of the one wire entry that carries `r`; used once, so its nonce is zero. SPEC VLT3. */
export function entryKey(vaultAead: Uint8Array, r: Uint8Array): Bytes {
  assert(vaultAead.length === 32 && r.length === 32, 'a vault key and r have 32 bytes each')
  return deriveKey(vaultAead, VAULT_BODY_PURPOSE, r)
}

/** Returns the plaintext of a wire entry. Throws HoardError 'format-invalid', also when the changes do not fit one entry. SPEC VLT4. */
export function encodeVaultBody(body: VaultBody): Bytes {
  return bodyFormat.encode(body)
}

/** Returns the body in `bytes`. Throws HoardError 'format-unknown' | 'format-invalid'. */
export function decodeVaultBody(bytes: Uint8Array): VaultBody {
  return bodyFormat.decode(bytes)
}

/** Returns the wire entry signed by `seed`, the 32 secret bytes of `vault-sign`. Throws HoardError 'format-invalid'. SPEC VLT2. */
export function encodeWireEntry(entry: Omit<WireEntry, 'publicKey'>, seed: Uint8Array): Bytes {
  const whole = { ...entry, publicKey: publicKeyOf(seed) }
  return wireFormat.encode(whole, signWith(seed, wireFormat.message(whole)))
}

/**
 * Returns the wire entry in `bytes`, its signature checked, with the digest that the next entry of its slot names as `prev`. The reader
 * checks that `publicKey` is that of the vault it asked for and that the chain is whole.
 * @throws HoardError 'format-unknown' | 'format-invalid' | 'signature-invalid'
 * Source: SPEC.md VLT2.
 */
export function checkWireEntry(bytes: Uint8Array): WireEntry & { readonly bytes: Bytes; readonly digest: Bytes } {
  const signed = wireFormat.decode(bytes)
  wireFormat.check(signed.fields.publicKey, signed)
  return { ...signed.fields, bytes: new Uint8Array(bytes), digest: labelledHash('vault-chain', bytes) }
}

/**
 * Returns every entry by the hexadecimal text of its id: for each field the value with the highest (ms, count, device).
 * The order of `changes` and repetitions make no difference. Source: SPEC.md VLT6.
 */
export function mergeChanges(changes: readonly (VaultChange & { readonly device: Bytes })[]): Map<string, VaultEntry> {
  const newestLast = changes
    .map(({ device, ...rest }) => ({ device, change: rest, encoded: changeFormat.encode({ change: rest }) }))
    .toSorted(
      (a, b) => compareTimes(a.change.time, b.change.time) || compareBytes(a.device, b.device) || compareBytes(a.encoded, b.encoded),
    )
  const fieldsByEntry = new Map<string, { entry: Bytes; time: HybridTime; fields: VaultFields }>()
  for (const { change: newer } of newestLast) {
    const older = fieldsByEntry.get(hex(newer.entry))?.fields
    fieldsByEntry.set(hex(newer.entry), { entry: newer.entry, time: newer.time, fields: { ...older, ...newer.fields } })
  }
  const merged = new Map<string, VaultEntry>()
  for (const [key, { entry, time: at, fields: all }] of fieldsByEntry) merged.set(key, { entry, time: at, ...withoutNulls(all) })
  return merged
}

/**
 * Returns only if `entry` follows `before` in the chain of its slot, or is the first one when `before` is undefined.
 * @param body the decoded content of `entry.sealed`
 * @throws HoardError 'format-invalid'
 * Source: SPEC.md VLT4.
 */
export function checkChain(
  before: { readonly slot: Bytes; readonly seq: number; readonly digest: Bytes } | undefined,
  entry: { readonly slot: Bytes; readonly seq: number },
  body: VaultBody,
): void {
  const follows =
    before === undefined
      ? entry.seq === 0 && body.prev === null
      : equalBytes(before.slot, entry.slot) && entry.seq === before.seq + 1 && body.prev !== null && equalBytes(body.prev, before.digest)
  if (!follows) throw new HoardError('format-invalid', { format: 'vault-entry', reason: 'does not follow the entry before' })
}

/** Orders hybrid times: negative, zero or positive. */
function compareTimes(a: HybridTime, b: HybridTime): number {
  return a.ms - b.ms || a.count - b.count
}

function withoutNulls(all: VaultFields): Partial<VaultEntry> {
  const { link, pack, deletedAt, ...rest } = all
  return {
    ...rest,
    ...(link === undefined || link === null ? {} : { link }),
    ...(pack === undefined || pack === null ? {} : { pack }),
    ...(deletedAt === undefined || deletedAt === null ? {} : { deletedAt }),
  }
}
