import { equalBytes } from '../../core/bytes.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import type { Slot } from '../../core/vault/entry-id.ts'
import type { VaultEntry } from '../../core/vault/entry.ts'
import { vaultGroupOf } from '../../core/vault/log-entry.ts'
import type { OpenedEntry, ReadLog } from '../../core/vault/log-reading.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { emptyBase, readBase, readLayer, sweepLayers, type VaultBase } from './base-layers.ts'
import { readMark, readRows, type LogMark } from './log-rows.ts'
import type { Owner } from './owner.ts'

/** What was read of the disk. */
export interface Opened {
  readonly base: VaultBase
  readonly layered: readonly VaultEntry[]
  readonly rows: readonly OpenedEntry[]
  readonly mark: LogMark | undefined
  /** Whether every layer could be read, so that they may be merged. */
  readonly hasLayers: boolean
  readonly isIncomplete: boolean
}

/** The disk of a device that has no vault. */
export const nothingThere: Opened = { base: emptyBase, layered: [], rows: [], mark: undefined, hasLayers: true, isIncomplete: false }

/** Reads what is there, and frees what a crash has left. */
export async function readDisk(
  parts: Pick<PeerParts, 'catalog' | 'outbox' | 'random' | 'coder'>,
  { keys: { vaultAead, lease } }: Owner,
): Promise<Opened> {
  const [base, mark, rows] = await Promise.all([
    readBase(parts, vaultAead).catch((error: unknown) => {
      ignoreKnownErrors(error)
      return 'damaged' as const
    }),
    readMark(parts.catalog),
    readRows(parts.catalog, vaultGroupOf(lease), vaultAead),
  ])
  if (base === 'damaged') return { ...nothingThere, base: { ...emptyBase, isPart: true }, rows: rows.opened, mark, isIncomplete: true }
  let hasLayers = true
  const layered: VaultEntry[] = []
  for (const layer of base?.layers ?? []) {
    const entries = await readLayer(parts, layer).catch((error: unknown) => {
      ignoreKnownErrors(error)
      hasLayers = false
      return []
    })
    for (const entry of entries) layered.push(entry)
  }
  // Without a base nothing tells which layers are of use: a catalog that was lost may come back.
  if (base !== undefined) await sweepLayers(parts, base).catch(ignoreKnownErrors)
  return {
    base: base ?? emptyBase,
    layered,
    rows: rows.opened,
    mark,
    hasLayers,
    isIncomplete: base?.isPart === true || !hasLayers || rows.damaged > 0,
  }
}

/** Tells whether this disk has the chain in `slot` up to the mark, once, and nothing beyond it. */
export function isWhole(mark: LogMark | undefined, { frontier, entries, forked }: ReadLog, slot: Slot): boolean {
  if (frontier.get(slot) !== mark?.end?.seq || forked.has(slot)) return false
  const end = entries.findLast(({ entry }) => entry.slot === slot)
  return end === undefined || (mark?.end !== undefined && equalBytes(end.entry.digest, mark.end.digest))
}
