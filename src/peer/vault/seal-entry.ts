import type { Bytes } from '../../core/bytes.ts'
import type { DeviceId, Slot } from '../../core/vault/entry-id.ts'
import type { Frontier } from '../../core/vault/frontier.ts'
import { openLogBody, sealLogBody, type LogBody } from '../../core/vault/log-body.ts'
import { checkLogEntry, encodeLogEntry, type VaultGroup } from '../../core/vault/log-entry.ts'
import type { OpenedEntry } from '../../core/vault/log-reading.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { LogMark } from './log-rows.ts'

/** The owner's keys, and the chain that this device writes. */
export interface Writer {
  readonly vaultAead: Bytes
  readonly group: VaultGroup
  readonly device: DeviceId
  readonly slot: Slot
}

/**
 * Returns the entry of the chain that follows `end`, sealed and signed.
 * @param floors of a list of layers, and only of one
 * @throws HoardError 'format-invalid' when it is too long
 * Source: core SPEC.md VLT8 to VLT10.
 */
export function sealEntry(
  { random, clock }: Pick<PeerParts, 'random' | 'clock'>,
  { vaultAead, group, device, slot }: Writer,
  end: LogMark['end'],
  body: Pick<LogBody, 'changes' | 'seen' | 'layers'>,
  floors?: Frontier,
): OpenedEntry {
  const r = random.bytes(32)
  const sealed = sealLogBody(vaultAead, r, { prev: end?.digest ?? null, device, at: clock.now(), ...body })
  const seq = end === undefined ? 0 : end.seq + 1
  const entry = checkLogEntry(encodeLogEntry({ slot, seq, r, sealed, ...(floors && { floors }) }, group.seed), group.groupKey)
  return { entry, body: openLogBody(vaultAead, entry) }
}
