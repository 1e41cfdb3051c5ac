import { hex, utf8 } from '../../../core/bytes.ts'
import { objectFormat } from '../../../core/encoding.ts'
import type { GroupId, PeerId } from '../../../core/ids.ts'
import { isOfLaterVersion, labelledHash } from '../../../core/labels.ts'
import { frontierShape, nothingSeen } from '../../../core/vault/frontier.ts'
import { type CheckedLogEntry, type KeptLog, readLogEntry } from '../../../core/vault/log-entry.ts'
import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import { createLedger, type Ledger } from '../keeping/ledger.ts'
import { recordBytesOf } from '../keeping/kept-shards.ts'
import { createRecent } from '../keeping/recent.ts'

/** The logs of groups of which something is kept: entries lie in the catalog one by one, with the floors met. SPEC LOG3. */
export interface KeptLogs {
  /** Resolves with the log of a group; the empty one when there is none. */
  find(groupId: GroupId): Promise<KeptLog>
  /** Returns a digest of the entries of a group, as text; undefined when there are none. */
  mark(groupId: GroupId): string | undefined
  /** Puts `next` in place of `log`, which `find` returned: all of it is on disk, or nothing. Throws like `Catalog`. */
  replace(groupId: GroupId, log: KeptLog, next: KeptLog): Promise<void>
  /** Forgets the logs of all groups but those for which `isWanted` of the hexadecimal group id. Throws like `Catalog`. */
  dropAllBut(isWanted: (name: string) => boolean): Promise<void>
  /** Bytes of all logs in the catalog. */
  recordBytes(): number
  /** Bytes of logs, booked on the device that placed the first shard of their group. SPEC ADM4, LOG3. */
  readonly booked: Ledger
}

/** Most slots of the joined floors that a holder remembers. SPEC LOG3. */
export const MAX_JOINED_FLOORS = 256
/** Logs that stay in memory, 4 MiB of them at most. */
const LOGS_AT_HAND = 16
const FLOORS = 'floors'

const floorsFormat = objectFormat('kept-floors', 16 * 1024, { floors: frontierShape(MAX_JOINED_FLOORS) })

interface Place {
  /** Bytes of each record of the group, by its key. */
  readonly bytesByKey: Map<string, number>
  readonly bookedOn: PeerId | undefined
  /** Of the keys; absent until it is asked for after a change. */
  mark?: string
}

/**
 * Resolves with the logs in `catalog`. Throws like `Catalog`.
 * @param placerOf returns the device on which a group is booked, by its hexadecimal id
 */
export async function openKeptLogs(catalog: Catalog, placerOf: (name: string) => PeerId | undefined): Promise<KeptLogs> {
  const placeByGroup = new Map<string, Place>()
  const atHand = createRecent<KeptLog>(LOGS_AT_HAND)
  const booked = createLedger()
  let recordBytes = 0

  function count(name: string, key: string, bytes: number): void {
    const place: Place = placeByGroup.get(name) ?? ({ bytesByKey: new Map(), bookedOn: placerOf(name) } satisfies Place)
    placeByGroup.set(name, place)
    delete place.mark
    const more = bytes - (place.bytesByKey.get(key) ?? 0)
    if (bytes > 0) place.bytesByKey.set(key, bytes)
    else place.bytesByKey.delete(key)
    recordBytes += more
    if (place.bookedOn) booked.book(place.bookedOn, more)
    if (place.bytesByKey.size === 0) placeByGroup.delete(name)
  }

  for (const { key, value } of await catalog.all('logs')) count(key.split('/')[0] ?? '', key, recordBytesOf({ key, value }))

  async function commit(changes: readonly CatalogChange[]): Promise<void> {
    await catalog.commit(changes)
    for (const change of changes) count(change.key.split('/')[0] ?? '', change.key, change.value ? recordBytesOf(change) : 0)
  }

  return {
    find: async (groupId) => {
      const name = hex(groupId)
      const known = atHand.get(name)
      if (known) return known
      const entries: CheckedLogEntry[] = []
      let floors = nothingSeen
      for (const key of placeByGroup.get(name)?.bytesByKey.keys() ?? []) {
        const value = await catalog.get('logs', key)
        if (!value || isOfLaterVersion(value)) continue
        if (key === `${name}/${FLOORS}`) floors = orUndefined(() => floorsFormat.decode(value).floors) ?? floors
        else entries.push(...(orUndefined(() => [readLogEntry(value)]) ?? []))
      }
      const log = { floors, entries }
      atHand.put(name, log)
      return log
    },
    mark: (groupId) => {
      const name = hex(groupId)
      const place = placeByGroup.get(name)
      const keys = [...(place?.bytesByKey.keys() ?? [])].filter((key) => key !== `${name}/${FLOORS}`)
      if (!place || keys.length === 0) return undefined
      place.mark ??= hex(labelledHash('compare-log', ...keys.toSorted().map(utf8)))
      return place.mark
    },
    replace: async (groupId, log, next) => {
      const name = hex(groupId)
      const [before, after] = [new Set(log.entries), new Set(next.entries)]
      const changes: CatalogChange[] = [
        ...log.entries.filter((entry) => !after.has(entry)).map((entry) => ({ table: 'logs' as const, key: keyOf(name, entry) })),
        ...next.entries
          .filter((entry) => !before.has(entry))
          .map((entry) => ({ table: 'logs' as const, key: keyOf(name, entry), value: entry.bytes })),
      ]
      if (next.floors !== log.floors)
        changes.push({ table: 'logs', key: `${name}/${FLOORS}`, value: floorsFormat.encode({ floors: next.floors }) })
      if (changes.length === 0) return
      await commit(changes)
      atHand.put(name, next)
    },
    dropAllBut: async (isWanted) => {
      const gone = [...placeByGroup].filter(([name]) => !isWanted(name))
      if (gone.length === 0) return
      await commit(gone.flatMap(([, { bytesByKey }]) => [...bytesByKey.keys()].map((key) => ({ table: 'logs' as const, key }))))
      for (const [name] of gone) atHand.drop(name)
    },
    recordBytes: () => recordBytes,
    booked,
  }
}

/** The digest names the entry: both sides of a fork have a record. */
function keyOf(name: string, { digest }: CheckedLogEntry): string {
  return `${name}/${hex(digest)}`
}

/** Damage on this disk is no error of the peer that asks: a record that cannot be read counts as absent. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
