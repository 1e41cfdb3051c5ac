import { compareBytes, utf8, type Bytes } from '../bytes.ts'
import { HoardError } from '../errors.ts'
import { FORMAT_VERSION } from '../labels.ts'
import { compareIds, type DeviceId, type EntryId } from './entry-id.ts'
import { compareHeld, emptyEntry, stampsOf, type Held, type HeldFields, type HeldVersion, type VaultEntry } from './entry.ts'
import { fieldNames, parentShape, type FieldName, type FieldValues } from './fields.ts'
import { compareStamps, type Stamp } from './hybrid-time.ts'
import { createLayerReader, createLayerWriter, refuse, type LayerReader, type LayerWriter } from './layer-bytes.ts'
import { codecs, dictionaryOf, idWords, MAX_WORDS, referenceColumn, stampColumn, typeWords, versionColumn } from './layer-values.ts'

/** Longest layer: with its length before it, it is padded to 14 MiB, one segment for every row of the code. SPEC VLT21. */
export const MAX_LAYER_BYTES = 14 * 1_048_576 - 4
/** Most rows of the column of versions. SPEC VLT21. */
const MAX_VERSIONS = 2 ** 20
/** Fewest bytes of a row: its step, a stamp, a value. */
const MIN_ROW_BYTES = 3

type Draft = { -readonly [Field in keyof VaultEntry]: VaultEntry[Field] }

/**
 * Returns layers that have all of `entries`, each at most once: one, or as many as it takes.
 * @throws HoardError 'format-invalid' when one entry alone is longer than a layer
 * Source: SPEC.md VLT21.
 */
export function encodeLayers(entries: Iterable<VaultEntry>): readonly Bytes[] {
  return encodeOrdered(inOrder(entries))
}

/**
 * Returns the entries of a layer.
 * @throws HoardError 'format-unknown' (another version byte) | 'format-invalid' (anything but what `encodeLayers` returns)
 * Source: SPEC.md VLT21.
 */
export function decodeLayer(bytes: Uint8Array): readonly VaultEntry[] {
  if (bytes.length > MAX_LAYER_BYTES) refuse('too long')
  if (bytes.length > 0 && bytes[0] !== FORMAT_VERSION) {
    throw new HoardError('format-unknown', { format: 'vault layer', version: bytes[0] ?? 0 })
  }
  const input = createLayerReader(bytes, 1)
  const devices = dictionaryOf(idWords<DeviceId>().read(input))
  const types = dictionaryOf(typeWords.read(input))
  const ids = idWords<EntryId>().read(input)
  const others = idWords<EntryId>().read(input)
  const references = dictionaryOf([...ids, ...others])
  checkRising(devices.words, compareIds)
  checkRising(types.words, compareTexts)
  checkRising(others, compareIds)
  const entries: Draft[] = ids.map(emptyEntry)
  const stamps = stampColumn(devices, ids.length)
  for (const field of fieldNames) readField(field, input, entries, stamps)
  readParents(input, entries, stamps, referenceColumn(references))
  readVersions(input, entries, stamps, versionColumn(references, types))
  input.finish()
  devices.checkUsed()
  types.checkUsed()
  references.checkUsed(ids.length)
  checkRising(
    entries.map((entry) => ({ id: entry.id, oldest: oldestStamp(entry) ?? refuse('an entry without a field') })),
    compareAges,
  )
  return entries
}

function encodeOrdered(entries: readonly VaultEntry[]): readonly Bytes[] {
  if (entries.length <= MAX_WORDS) {
    const bytes = encodeLayer(entries)
    if (bytes.length <= MAX_LAYER_BYTES) return [bytes]
    if (entries.length < 2) refuse('an entry longer than a layer')
  }
  const half = Math.ceil(entries.length / 2)
  return [...encodeOrdered(entries.slice(0, half)), ...encodeOrdered(entries.slice(half))]
}

function encodeLayer(entries: readonly VaultEntry[]): Bytes {
  const out = createLayerWriter()
  const words = wordsOf(entries)
  const [devices, types] = [dictionaryOf(words.devices), dictionaryOf(words.types)]
  const ids = entries.map(({ id }) => id)
  const references = dictionaryOf([...ids, ...words.others])
  out.bytes(Uint8Array.of(FORMAT_VERSION))
  idWords<DeviceId>().write(out, words.devices)
  typeWords.write(out, words.types)
  idWords<EntryId>().write(out, ids)
  idWords<EntryId>().write(out, words.others)
  const stamps = stampColumn(devices, ids.length)
  for (const field of fieldNames) writeField(field, out, entries, stamps)
  const parents = referenceColumn(references)
  writeRows(
    out,
    entries.map((entry) => entry.parents),
    (at, { value, stamp }) => {
      stamps.write(out, at, stamp)
      parents.write(out, value)
    },
  )
  const versions = versionColumn(references, types)
  writeRows(
    out,
    entries.map((entry) => entry.versions),
    (at, { id, stamp, value }) => {
      stamps.write(out, at, id)
      out.uint(value === null ? 0 : 1)
      if (value === null) return
      stamps.write(out, at, stamp)
      versions.write(out, value)
    },
  )
  return out.finish()
}

type Stamps = ReturnType<typeof stampColumn>

function writeField<F extends FieldName>(field: F, out: LayerWriter, entries: readonly VaultEntry[], stamps: Stamps): void {
  const { write } = codecs[field]
  const rowsOf = (entry: HeldFields): readonly Held<FieldValues[F]>[] => {
    const held: Held<FieldValues[F]> | undefined = entry[field]
    return held === undefined ? [] : [held]
  }
  writeRows(out, entries.map(rowsOf), (at, { value, stamp }) => {
    stamps.write(out, at, stamp)
    write(out, value)
  })
}

/** Writes the number of rows, and each of them after the number of entries by which it is further than the row before. */
function writeRows<T>(out: LayerWriter, rowsByEntry: readonly (readonly T[])[], write: (at: number, row: T) => void): void {
  out.uint(rowsByEntry.reduce((sum, rows) => sum + rows.length, 0))
  let last = 0
  for (const [at, rows] of rowsByEntry.entries()) {
    for (const row of rows) {
      out.uint(at - last)
      write(at, row)
      last = at
    }
  }
}

function readField<F extends FieldName>(field: F, input: LayerReader, entries: readonly Draft[], stamps: Stamps): void {
  const { read } = codecs[field]
  readRows(input, entries, entries.length, (entry, at) => {
    if (entry[field] !== undefined) refuse('a field twice')
    const stamp = stamps.read(input, at)
    Object.assign(entry, { [field]: { value: read(input), stamp } })
  })
}

function readParents(input: LayerReader, entries: readonly Draft[], stamps: Stamps, parents: ReturnType<typeof referenceColumn>): void {
  readRows(input, entries, 2 * entries.length, (entry, at) => {
    const stamp = stamps.read(input, at)
    const parent = { value: parents.read(input), stamp }
    const newer = entry.parents.at(-1)
    if (entry.parents.length === 2 || (newer !== undefined && compareHeld(parentShape, newer, parent) <= 0)) refuse('parents out of order')
    entry.parents = [...entry.parents, parent]
  })
}

function readVersions(input: LayerReader, entries: readonly Draft[], stamps: Stamps, versions: ReturnType<typeof versionColumn>): void {
  // Appended to in place: an entry may have many, and a copy for each would make their number count twice.
  const byEntry = new Map<Draft, HeldVersion[]>()
  readRows(input, entries, MAX_VERSIONS, (entry, at) => {
    const id = stamps.read(input, at)
    const version: HeldVersion =
      input.uint(1) === 0 ? { id, stamp: id, value: null } : { id, stamp: stamps.read(input, at), value: versions.read(input) }
    const newer = byEntry.get(entry)
    if (newer === undefined) {
      const first = [version]
      byEntry.set(entry, first)
      entry.versions = first
      return
    }
    if (compareStamps(newer.at(-1)?.id ?? id, id) <= 0) refuse('versions out of order')
    newer.push(version)
  })
}

function readRows(input: LayerReader, entries: readonly Draft[], max: number, read: (entry: Draft, at: number) => void): void {
  let at = 0
  for (let left = input.count(max, MIN_ROW_BYTES); left > 0; left--) {
    at += input.uint()
    read(entries[at] ?? refuse('a row of no entry'), at)
  }
}

/** By age: what was made together stands together, with times, parents and contents that hardly differ. */
function inOrder(entries: Iterable<VaultEntry>): readonly VaultEntry[] {
  const aged = [...entries].flatMap((entry) => {
    const oldest = oldestStamp(entry)
    return oldest === undefined ? [] : [{ id: entry.id, oldest, entry }]
  })
  return aged.toSorted(compareAges).map(({ entry }) => entry)
}

interface Aged {
  readonly id: EntryId
  readonly oldest: Stamp
}

function compareAges(a: Aged, b: Aged): number {
  return compareStamps(a.oldest, b.oldest) || compareIds(a.id, b.id)
}

function compareTexts(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b))
}

function oldestStamp(entry: VaultEntry): Stamp | undefined {
  let oldest: Stamp | undefined
  for (const stamp of stampsOf(entry)) if (oldest === undefined || compareStamps(stamp, oldest) < 0) oldest = stamp
  return oldest
}

function wordsOf(entries: readonly VaultEntry[]) {
  const ids = new Set(entries.map(({ id }) => id))
  const [devices, types, others] = [new Set<DeviceId>(), new Set<string>(), new Set<EntryId>()]
  const refer = (id: EntryId): void => {
    if (!ids.has(id)) others.add(id)
  }
  for (const entry of entries) {
    for (const { device } of stampsOf(entry)) devices.add(device)
    for (const { value } of entry.parents) if (value !== null) refer(value)
    for (const { value } of entry.versions) {
      if (value === null) continue
      types.add(value.type)
      refer(value.content)
      if (value.thumb !== undefined) refer(value.thumb.content)
    }
  }
  return { devices: [...devices].toSorted(compareIds), types: [...types].toSorted(compareTexts), others: [...others].toSorted(compareIds) }
}

function checkRising<T>(items: readonly T[], compare: (a: T, b: T) => number): void {
  for (const [at, item] of items.entries()) {
    const before = items[at - 1]
    if (before !== undefined && compare(before, item) >= 0) refuse('not in order')
  }
}
