import { equalBytes } from '../../core/bytes.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import type { Slot } from '../../core/vault/entry-id.ts'
import type { VaultEntry } from '../../core/vault/entry.ts'
import { vaultGroupOf } from '../../core/vault/log-entry.ts'
import type { OpenedEntry, ReadLog } from '../../core/vault/log-reading.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { emptyBase, readBase, readLayer, sweepLayers, type LocalLayer, type VaultBase } from './base-layers.ts'
import { readMark, readRows, type LogMark } from './log-rows.ts'
import type { Owner } from './owner.ts'

/** What was read of the disk. */
export interface Opened {
  readonly base: VaultBase
  readonly layered: readonly VaultEntry[]
  readonly rows: readonly OpenedEntry[]
  readonly mark: LogMark | undefined
  /** Layers that cannot be read: while there is one, none may be merged. */
  readonly unreadable: readonly LocalLayer[]
  /** Whether something besides cannot be read. */
  readonly isIncomplete: boolean
}

/** The disk of a device that has no vault. */
export const nothingThere: Opened = { base: emptyBase, layered: [], rows: [], mark: undefined, unreadable: [], isIncomplete: false }

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
  const unreadable: LocalLayer[] = []
  const layered: VaultEntry[] = []
  for (const layer of base?.layers ?? []) {
    const entries = await readLayer(parts, layer).catch((error: unknown) => {
      ignoreKnownErrors(error)
      unreadable.push(layer)
      return []
    })
    for (const entry of entries) layered.push(entry)
  }
  // Without a base nothing tells which layers are of use: a catalog that was lost may come back.
  if (base !== undefined) await sweepLayers(parts, base).catch(ignoreKnownErrors)
  const isIncomplete = base?.isPart === true || rows.damaged > 0
  return { base: base ?? emptyBase, layered, rows: rows.opened, mark, unreadable, isIncomplete }
}

/** Tells whether this disk has the chain in `slot` up to the mark, once, and nothing beyond it. */
export function isWhole(mark: LogMark | undefined, { frontier, entries, forked }: ReadLog, slot: Slot): boolean {
  if (frontier.get(slot) !== mark?.end?.seq || forked.has(slot)) return false
  const end = entries.findLast(({ entry }) => entry.slot === slot)
  return end === undefined || (mark?.end !== undefined && equalBytes(end.entry.digest, mark.end.digest))
}
