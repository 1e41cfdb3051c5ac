import { hex, type Bytes } from '../../core/bytes.ts'
import { bytesOf, objectFormat, optional, record, uint } from '../../core/encoding.ts'
import { codeOf } from '../../core/errors.ts'
import { idBytes, vaultId, type DeviceId } from '../../core/vault/entry-id.ts'
import { hybridTime, type HybridTime } from '../../core/vault/hybrid-time.ts'
import { openLogBody } from '../../core/vault/log-body.ts'
import { checkLogEntry, type CheckedLogEntry, type VaultGroup } from '../../core/vault/log-entry.ts'
import type { OpenedEntry } from '../../core/vault/log-reading.ts'
import type { Catalog, CatalogChange } from '../../ports/catalog.ts'

/** How far this device has come, so that a start notices when its disk is older than it was. SPEC VLT26. */
export interface LogMark {
  /** Names its chain. */
  readonly device: DeviceId
  /** The highest time that it goes on from. */
  readonly time: HybridTime
  /** Its last entry; absent while it wrote layers alone. */
  readonly end?: { readonly seq: number; readonly digest: Bytes }
}

/** The entries of the log on this disk. */
export interface LogRows {
  readonly opened: readonly OpenedEntry[]
  /** Number of rows that cannot be read. */
  readonly damaged: number
}

/** Under which the log before folders had the number of its entries. */
export const OLD_HIGH_WATER = 'vault-high-water'
const MARK = 'vault-mark'
/** Under which the layers of this disk are listed. */
export const BASE = 'vault-base'
/** Under which it is noted what other devices of the vault have of it. SPEC VLT31. */
export const DEVICES = 'vault-devices'
const markFormat = objectFormat('vault mark', 256, {
  device: vaultId<DeviceId>(),
  time: hybridTime,
  end: optional(record({ seq: uint(), digest: bytesOf(32) })),
})

/** Reads the mark; undefined when there is none, or it cannot be read. */
export async function readMark(catalog: Catalog): Promise<LogMark | undefined> {
  const bytes = await catalog.get('self', MARK)
  if (bytes === undefined) return undefined
  return unlessKnown(() => markFormat.decode(bytes))
}

/** Returns the change that writes the mark down. */
export function markChange(mark: LogMark): CatalogChange {
  return { table: 'self', key: MARK, value: markFormat.encode(mark) }
}

/** Reads and checks the entries on this disk, some 2 ms each: those that layers cover are not here any more. */
export async function readRows(catalog: Catalog, group: VaultGroup, vaultAead: Bytes): Promise<LogRows> {
  const opened: OpenedEntry[] = []
  let damaged = 0
  for (const { value } of await catalog.all('vault-log')) {
    const read = unlessKnown(() => {
      const entry = checkLogEntry(value, group.groupKey)
      return { entry, body: openLogBody(vaultAead, entry) }
    })
    if (read === undefined) damaged++
    else opened.push(read)
  }
  return { opened, damaged }
}

/** Returns the change that writes an entry down. */
export function rowChange(entry: CheckedLogEntry): CatalogChange {
  return { table: 'vault-log', key: rowKey(entry), value: entry.bytes }
}

/** Returns the change that removes an entry. */
export function rowRemoval(entry: CheckedLogEntry): CatalogChange {
  return { table: 'vault-log', key: rowKey(entry) }
}

/** Tells whether the log before folders is on this disk, or should be. SPEC VLT2. */
export async function hasOldLog(catalog: Catalog): Promise<boolean> {
  return (await catalog.get('self', OLD_HIGH_WATER)) !== undefined || (await catalog.all('vault')).length > 0
}

/** By slot and number; both sides of a fork have rows. */
function rowKey({ slot, seq, digest }: CheckedLogEntry): string {
  return `${hex(idBytes(slot))}${seq.toString().padStart(12, '0')}${hex(digest.subarray(0, 4))}`
}

/** Returns what `read` returns; undefined when it throws a HoardError, as it does for what a disk has spoilt. */
function unlessKnown<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

/** Returns the changes that remove a vault from this disk but for its layers, which the next start sweeps. */
export async function vaultRemoval(catalog: Catalog): Promise<readonly CatalogChange[]> {
  const rows = await catalog.all('vault-log')
  return [
    ...rows.map(({ key }): CatalogChange => ({ table: 'vault-log', key })),
    ...[MARK, BASE, DEVICES].map((key): CatalogChange => ({ table: 'self', key })),
  ]
}
