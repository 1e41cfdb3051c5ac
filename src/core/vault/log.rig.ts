import { concatBytes, utf8, type Bytes } from '../bytes.ts'
import { labelledHash } from '../labels.ts'
import type { VaultChange } from './change.ts'
import type { DeviceId, Slot } from './entry-id.ts'
import type { Frontier } from './frontier.ts'
import { decodeLogBody, encodeLogBody, openLogBody, sealLogBody, slotOfDevice, type LayerPlace, type LogBody } from './log-body.ts'
import { checkLogEntry, encodeLogEntry, vaultGroupOf } from './log-entry.ts'
import { seenToTell, type OpenedEntry, type ReadLog } from './log-reading.ts'
import { filled } from './vault.rig.ts'

export const vaultAead = filled(32, 0xae)
export const lease = filled(32, 0x1e)
export const group = vaultGroupOf(lease)
export const slotOf = (device: DeviceId): Slot => slotOfDevice(vaultAead, device)

/** How a body becomes an entry of the log. */
export type WriteEntry = (slot: Slot, seq: number, body: LogBody, floors?: Frontier) => OpenedEntry

/** Seals, signs, checks and opens. Some milliseconds each. */
export const writeSealed: WriteEntry = (slot, seq, body, floors) => {
  const r = labelledHash('rig', slotBytes(slot), utf8(`${seq} ${body.at}`))
  const sealed = sealLogBody(vaultAead, r, body)
  const bytes = encodeLogEntry({ slot, seq, r, sealed, ...(floors === undefined ? {} : { floors }) }, group.seed)
  const entry = checkLogEntry(bytes, group.groupKey)
  return { entry, body: openLogBody(vaultAead, entry) }
}

/** Encodes the body only, and takes its digest for that of the entry: for properties over thousands of entries. */
export const writePlain: WriteEntry = (slot, seq, body, floors) => {
  const bytes = encodeLogBody(body)
  const digest = labelledHash('rig', slotBytes(slot), utf8(`${seq}`), bytes)
  const entry = { slot, seq, r: filled(32, 0), sealed: bytes, bytes, digest, ...(floors === undefined ? {} : { floors }) }
  return { entry, body: decodeLogBody(bytes) }
}

/** Returns the next entry of `device`, which has read `log` above `floors`; `last` is its entry before. */
export function nextEntry(
  write: WriteEntry,
  device: DeviceId,
  { log, floors, last }: { readonly log: ReadLog; readonly floors: Frontier; readonly last: OpenedEntry | undefined },
  changes: readonly VaultChange[],
  list?: { readonly layers: readonly LayerPlace[]; readonly floors: Frontier },
): OpenedEntry {
  const slot = slotOf(device)
  const seq = (log.frontier.get(slot) ?? -1) + 1
  const body: LogBody = {
    prev: last?.entry.digest ?? null,
    device,
    at: seq,
    changes,
    seen: seenToTell(slot, log, list?.floors ?? floors),
    ...(list === undefined ? {} : { layers: list.layers }),
  }
  return write(slot, seq, body, list?.floors)
}

function slotBytes(slot: Slot): Bytes {
  return concatBytes(Uint8Array.from(slot, (character) => character.charCodeAt(0)))
}
