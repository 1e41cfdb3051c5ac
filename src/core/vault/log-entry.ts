import { equalBytes, type Bytes } from '../bytes.ts'
import { bytesOf, bytesUpTo, optional, uint } from '../encoding.ts'
import { groupIdOf } from '../group.ts'
import type { GroupId, GroupKey, GroupSeed } from '../ids.ts'
import { groupKeyOf, groupSeedOf } from '../keys.ts'
import { labelledHash } from '../labels.ts'
import { signWith } from '../signature.ts'
import { signedFormat } from '../signed.ts'
import { TAG_BYTES } from '../sizes.ts'
import { ID_BYTES, vaultId, type Slot } from './entry-id.ts'
import { frontierShape, isCovered, joinFrontiers, nothingSeen, type Frontier } from './frontier.ts'

/** The vault's group: its id is announced, and its key signs the charters and the log. SPEC VLT7. */
export interface VaultGroup {
  readonly seed: GroupSeed
  readonly groupKey: GroupKey
  readonly groupId: GroupId
}

/** One link of a device's chain in the vault's log, as its holders keep it. SPEC VLT8. */
export interface LogEntry {
  readonly slot: Slot
  /** 0 for the first entry of a slot, then one more each. */
  readonly seq: number
  /** 32 random bytes, fresh for every entry. */
  readonly r: Bytes
  /** The body, sealed. SPEC VLT9. */
  readonly sealed: Bytes
  /** Everything up to here is in the layers that the body lists: holders may drop it. Only in entries that list layers. */
  readonly floors?: Frontier
}

/** An entry whose signature was checked, with the bytes that carry it. */
export interface CheckedLogEntry extends LogEntry {
  readonly bytes: Bytes
  /** 32 bytes: the next entry of the slot names it as `prev`. */
  readonly digest: Bytes
}

/** The log of one vault in the hands of somebody who keeps it and cannot open it. */
export interface KeptLog {
  /** The join of all floors met: what they cover is not kept. */
  readonly floors: Frontier
  readonly entries: readonly CheckedLogEntry[]
}

/** The answer to an entry that is offered. SPEC VLT20. */
export type LogAnswer = 'kept' | 'known' | 'covered' | 'full'

/** Longest entry. SPEC VLT8. */
export const MAX_LOG_ENTRY_BYTES = 4096
/** Longest body: 4,096 less 136 bytes around `sealed`, and its tag. An entry with floors has room for less. SPEC VLT8. */
export const MAX_LOG_BODY_BYTES = 3944
/** Most slots that floors name. SPEC VLT8. */
export const MAX_FLOORS = 64
/** Most slots, and most bytes of all entries, above the floors. SPEC VLT20. */
export const MAX_SLOTS = 16
export const MAX_LOG_BYTES = 262_144

/** The log of which nothing is kept. */
export const emptyLog: KeptLog = { floors: nothingSeen, entries: [] }

const format = signedFormat('log-entry', MAX_LOG_ENTRY_BYTES, {
  slot: vaultId<Slot>(),
  seq: uint(),
  r: bytesOf(32),
  sealed: bytesUpTo(MAX_LOG_BODY_BYTES + TAG_BYTES, TAG_BYTES + 1),
  floors: optional(frontierShape(MAX_FLOORS)),
})

/** Returns the group of the vault whose `lease` key, 32 bytes, follows from the words: no salt has to be known. SPEC VLT7. */
export function vaultGroupOf(lease: Uint8Array): VaultGroup {
  const seed = groupSeedOf(lease, new Uint8Array(ID_BYTES))
  const groupKey = groupKeyOf(seed)
  return { seed, groupKey, groupId: groupIdOf(groupKey) }
}

/** Returns the entry signed by the vault's group. Throws HoardError 'format-invalid', also when it is too long. SPEC VLT8. */
export function encodeLogEntry(entry: LogEntry, seed: GroupSeed): Bytes {
  return format.encode(entry, signWith(seed, format.message(entry)))
}

/**
 * Returns the entry in `bytes`, signed by the vault's `groupKey`. What it seals is checked by `openLogBody`.
 * @throws HoardError 'format-unknown' | 'format-invalid' | 'signature-invalid'
 * Source: SPEC.md VLT8.
 */
export function checkLogEntry(bytes: Uint8Array, groupKey: GroupKey): CheckedLogEntry {
  const signed = format.decode(bytes)
  format.check(groupKey, signed)
  return { ...signed.fields, bytes: new Uint8Array(bytes), digest: labelledHash('log-chain', bytes) }
}

/**
 * Returns the entry in `bytes`, whose signature was checked before or is checked later.
 * @throws HoardError 'format-unknown' | 'format-invalid'
 */
export function readLogEntry(bytes: Uint8Array): CheckedLogEntry {
  return { ...format.decode(bytes).fields, bytes: new Uint8Array(bytes), digest: labelledHash('log-chain', bytes) }
}

/**
 * Returns the log with `entry`, whose signature was checked, and without what its floors cover; the same log unless the answer is 'kept'.
 * Both sides of a fork are kept. Source: SPEC.md VLT20.
 */
export function keepEntry(log: KeptLog, entry: CheckedLogEntry): { readonly log: KeptLog; readonly answer: LogAnswer } {
  if (isCovered(log.floors, entry.slot, entry.seq)) return { log, answer: 'covered' }
  if (log.entries.some((other) => isSameEntry(other, entry))) return { log, answer: 'known' }
  const floors = entry.floors === undefined ? log.floors : joinFrontiers(log.floors, entry.floors)
  const entries = [...log.entries, entry].filter(({ slot, seq }) => !isCovered(floors, slot, seq))
  const bytes = entries.reduce((sum, other) => sum + other.bytes.length, 0)
  const isFull = bytes > MAX_LOG_BYTES || new Set(entries.map(({ slot }) => slot)).size > MAX_SLOTS
  return isFull ? { log, answer: 'full' } : { log: { floors, entries }, answer: 'kept' }
}

/** Two entries of one slot and seq that are not the same are a fork. */
function isSameEntry(a: CheckedLogEntry, b: CheckedLogEntry): boolean {
  return a.slot === b.slot && a.seq === b.seq && equalBytes(a.digest, b.digest)
}
