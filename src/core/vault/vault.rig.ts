import fc from 'fast-check'
import type { Bytes } from '../bytes.ts'
import { brandBytes, type FileKey } from '../ids.ts'
import { peerIdOf } from '../peer-id.ts'
import { entryOfChange, type ChangedFields, type VaultChange } from './change.ts'
import { brandId, compareIds, ID_BYTES, type DeviceId, type EntryId } from './entry-id.ts'
import { createVaultState, type VaultEntry } from './entry.ts'
import type { Version } from './fields.ts'
import type { HybridTime } from './hybrid-time.ts'

/** A change and the device that made it. */
export interface MadeChange {
  readonly change: VaultChange
  readonly device: DeviceId
}

export const filled = (length: number, first: number): Bytes => new Uint8Array(length).fill(first)
export const entryId = (first: number): EntryId => brandId<EntryId>(filled(ID_BYTES, first))
export const deviceId = (first: number): DeviceId => brandId<DeviceId>(filled(ID_BYTES, 0xd0 + first))
/** An id that no other text has; not by a digest, since tests make a hundred thousand. */
export function idFor(text: string): EntryId {
  const bytes = filled(ID_BYTES, 0)
  const view = new DataView(bytes.buffer)
  for (let word = 0; word < 4; word++) {
    let mixed = 0x811c9dc5 + word
    for (let place = 0; place < text.length; place++) mixed = Math.imul(mixed ^ text.charCodeAt(place), 0x01000193 + 2 * word)
    view.setUint32(4 * word, Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d))
  }
  return brandId<EntryId>(bytes)
}

/** Returns a time of `ms`. */
export const at = (ms: number, count = 0): HybridTime => ({ ms, count })

export const versionIn = (content: EntryId, more: Partial<Version> = {}): Version => ({
  content,
  offset: 0,
  size: 10,
  type: 'text/plain',
  at: 5,
  ...more,
})

/** Returns what is known after `changes`, in this order. */
export const stateOf = (changes: readonly MadeChange[]) =>
  createVaultState(changes.map(({ change, device }) => entryOfChange(change, device)))

/** Returns the entry that a single change makes, by device 1 unless told otherwise. */
export const entryWith = (entry: EntryId, time: HybridTime, fields: ChangedFields, device = deviceId(1)): VaultEntry =>
  entryOfChange({ entry, time, fields }, device)

export const folderFields = (name: string, parent: EntryId | null = null): ChangedFields => ({ name, parent, folder: 1 })
export const fileFields = (name: string, parent: EntryId | null, content: EntryId): ChangedFields => ({
  name,
  parent,
  version: versionIn(content),
})

// There are few values everywhere, so that ties of time, device and value are drawn often.
const few = fc.nat(2)
const fewIds = few.map(entryId)
const fewStamps = fc.record({ ms: few, count: fc.nat(1), device: few.map(deviceId) })
const place = fc.record({ content: fewIds, offset: few, size: few })
const version = fc
  .tuple(place, fc.constantFrom('', 'image/png'), few, fc.option(place, { nil: undefined }), fc.option(fewStamps, { nil: undefined }))
  .map(([where, type, when, thumb, id]) => ({
    ...where,
    type,
    at: when,
    ...(thumb === undefined ? {} : { thumb }),
    ...(id === undefined ? {} : { id }),
  }))
const fileKey = few.map((first) => brandBytes<FileKey>(filled(32, first)))
const code = { k: fc.constant(2), m: fc.constant(6), n: fc.constant(8) }
const salts = few.map((first) => filled(16, first))
const records = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 })

/** Draws what a change may set, each part of it. */
export const anyFields: fc.Arbitrary<ChangedFields> = fc
  .record(
    {
      name: fc.constantFrom('a', 'b', 'ä.txt', '雪'),
      parent: fc.option(fewIds),
      deletedAt: fc.option(few),
      folder: few,
      version,
      dropped: fc.array(fewStamps, { minLength: 1, maxLength: 2 }),
      key: fc.record({ fileKey, size: few }),
      layout: fc.oneof(
        fc.record({ ...code, salt: salts, records }),
        fc.record({ ...code, salt: fc.constant(filled(16, 0)), records: fc.constant([1, 2]), salts: fc.tuple(salts, salts) }),
      ),
      storedAt: fc.option(few),
      ended: few,
      link: fc.record({
        salt: salts,
        fileKey,
        files: fc.uniqueArray(fewIds),
        contents: fc.uniqueArray(fewIds),
        until: few,
        isLocked: fc.boolean(),
      }),
      device: fc.record({ engine: fc.constantFrom('Chromium', 'Firefox'), peer: few.map((first) => peerIdOf(filled(32, first))) }),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0)

export const anyChange: fc.Arbitrary<MadeChange> = fc.record({
  change: fc.record({ entry: fc.nat(5).map(entryId), time: fc.record({ ms: few, count: fc.nat(1) }), fields: anyFields }),
  device: few.map(deviceId),
})

/** Returns the same items in an order that follows from `seed`. */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const keyed = items.map((item, place) => ({ item, key: idFor(`${seed} ${place}`) }))
  return keyed.toSorted((a, b) => compareIds(a.key, b.key)).map(({ item }) => item)
}
