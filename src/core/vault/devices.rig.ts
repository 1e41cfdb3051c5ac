import { hex, utf8 } from '../bytes.ts'
import { brandBytes, type FileKey, type SegmentId } from '../ids.ts'
import { labelledHash } from '../labels.ts'
import type { ChangedFields, VaultChange } from './change.ts'
import type { EntryId } from './entry-id.ts'
import { createVaultState, stampsOf } from './entry.ts'
import { isCovered, joinFrontiers, nothingSeen } from './frontier.ts'
import { nextTime, notedTime, type HybridTime } from './hybrid-time.ts'
import { countingLists, floorsOf } from './layer-lists.ts'
import { decodeLayer, encodeLayers } from './layer.ts'
import { MAX_LAYERS, type LayerPlace } from './log-body.ts'
import { changedEntries, readLog, vaultStateOf, type OpenedEntry, type ReadLog } from './log-reading.ts'
import { nextEntry, slotOf, type WriteEntry } from './log.rig.ts'
import { deviceId, filled, type MadeChange } from './vault.rig.ts'

export const DAY = 86_400_000

/** Three devices of one vault, and the layers that people keep for them. Only what a device took reaches it. */
export function createDevices(write: WriteEntry) {
  const layers = new Map<string, Uint8Array>()
  const made: MadeChange[] = []
  const clock = { now: 1_700_000_000_000 }
  // Their clocks are three days apart.
  const devices = [-3 * DAY, 0, 3 * DAY].map((offset, number) => ({
    device: deviceId(number),
    slot: slotOf(deviceId(number)),
    offset,
    known: [] as readonly OpenedEntry[],
    last: undefined as HybridTime | undefined,
  }))
  type Device = (typeof devices)[number]

  const read = (known: readonly OpenedEntry[]) => {
    const lists = countingLists(known)
    const floors = joinFrontiers(nothingSeen, ...lists.map((list) => list.floors))
    const log = readLog(known, floors)
    const places = new Map(lists.flatMap((list) => list.layers).map((place) => [hex(place.segmentId), place]))
    const layered = [...places.keys()].flatMap((name) => decodeLayer(layers.get(name)!))
    const state = vaultStateOf(layered, log)
    return { state, log, floors, places: [...places.values()] }
  }
  const take = (into: Device, from: readonly OpenedEntry[]): void => {
    const had = new Set(into.known.map(({ entry }) => hex(entry.digest)))
    into.known = [...into.known, ...from.filter(({ entry }) => !had.has(hex(entry.digest)))]
    for (const { body } of from) for (const { time } of body.changes) into.last = notedTime(into.last, time, clock.now + into.offset)
  }
  const lastOf = ({ slot, known }: Device, { frontier }: ReadLog): OpenedEntry | undefined =>
    known.find(({ entry }) => entry.slot === slot && entry.seq === frontier.get(slot))
  const writeEntry = (by: Device, changes: readonly VaultChange[], list?: Parameters<typeof nextEntry>[4]): void => {
    const { log, floors } = read(by.known)
    take(by, [nextEntry(write, by.device, { log, floors, last: lastOf(by, log) }, changes, list)])
  }
  const commit = (by: Device, entry: EntryId, fields: ChangedFields): VaultChange => {
    const { state } = read(by.known)
    const known = state.entries.get(entry)
    const time = nextTime(clock.now + by.offset, by.last, ...(known === undefined ? [] : stampsOf(known)))
    const change: VaultChange = { entry, time, fields }
    made.push({ change, device: by.device })
    writeEntry(by, [change])
    return change
  }
  return {
    devices,
    clock,
    made,
    read,
    take,
    commit,
    /** Publishes nothing but what the device has seen. */
    tell: (by: Device): void => writeEntry(by, []),
    /** Writes a layer of everything, or of what lies above the layers. */
    writeLayer: (by: Device, what: 'everything' | 'new'): void => {
      const { state, log, places } = read(by.known)
      if (log.frontier.size === 0) return
      const isWhole = what === 'everything' || places.length === MAX_LAYERS
      const [bytes] = encodeLayers((isWhole ? state : createVaultState(changedEntries(log))).entries.values())
      const segmentId = brandBytes<SegmentId>(labelledHash('rig', bytes!, utf8(`${layers.size}`)))
      layers.set(hex(segmentId), bytes!)
      const place: LayerPlace = { segmentId, fileKey: brandBytes<FileKey>(filled(32, 1)), bytes: bytes!.length }
      const inUse = new Set(log.entries.map(({ entry }) => entry.slot))
      writeEntry(by, [], { layers: isWhole ? [place] : [...places, place], floors: floorsOf(log.frontier, inUse) })
    },
    /** Drops what the floors cover, but for the entry that the next one of the device's own follows. */
    forget: (by: Device): void => {
      const { floors, log } = read(by.known)
      const isLast = (slot: string, seq: number): boolean => slot === by.slot && seq === log.frontier.get(by.slot)
      by.known = by.known.filter(({ entry: { slot, seq } }) => !isCovered(floors, slot, seq) || isLast(slot, seq))
    },
  }
}
