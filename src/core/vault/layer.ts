import { compareBytes, utf8, type Bytes } from '../bytes.ts'
import { HoardError } from '../errors.ts'
import { FORMAT_VERSION } from '../labels.ts'
import { compareIds, type DeviceId, type EntryId } from './entry-id.ts'
import { compareHeld, emptyEntry, stampsOf, type Held, type HeldFields, type HeldVersion, type VaultEntry } from './entry.ts'
import { fieldNames, parentShape, type FieldName, type FieldValues, type Version } from './fields.ts'
import { compareStamps, type Stamp } from './hybrid-time.ts'
import { createLayerReader, createLayerWriter, refuse, type LayerReader, type LayerWriter } from './layer-bytes.ts'
import {
  codecs,
  idWords,
  MAX_WORDS,
  referenceReader,
  referenceWriter,
  stampReader,
  stampWriter,
  typeWords,
  versionReader,
  versionWriter,
  wordNumbers,
  wordsOf,
} from './layer-values.ts'

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
  const devices = idWords<DeviceId>().read(input)
  const types = typeWords.read(input)
  const ids = idWords<EntryId>().read(input)
  const others = idWords<EntryId>().read(input)
  checkRising(devices, compareIds)
  checkRising(types, compareTexts)
  checkRising(others, compareIds)
  const words = { devices: wordsOf(devices), types: wordsOf(types), ids: wordsOf([...ids, ...others]) }
  const entries: Draft[] = ids.map(emptyEntry)
  const readStamp = stampReader(input, words.devices)
  for (const field of fieldNames) readField(field, input, entries, readStamp)
  readParents(input, entries, readStamp, referenceReader(input, words.ids))
  readVersions(input, entries, readStamp, versionReader(input, words.ids, words.types))
  input.finish()
  words.devices.checkUsed()
  words.types.checkUsed()
  words.ids.checkUsed(ids.length)
  checkRising(entries.map(agedEntry), compareAges)
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
  const { devices, types, others } = wordsIn(entries)
  const ids = entries.map(({ id }) => id)
  const numbers = { devices: wordNumbers(devices), types: wordNumbers(types), ids: wordNumbers([...ids, ...others]) }
  out.bytes(Uint8Array.of(FORMAT_VERSION))
  idWords<DeviceId>().write(out, devices)
  typeWords.write(out, types)
  idWords<EntryId>().write(out, ids)
  idWords<EntryId>().write(out, others)
  const writeStamp = stampWriter(out, numbers.devices)
  for (const field of fieldNames) writeField(field, out, entries, writeStamp)
  const writeParent = referenceWriter(out, numbers.ids)
  const parents = entries.map((entry) => entry.parents)
  writeRows(out, parents, (at, { value, stamp }) => {
    writeStamp(at, stamp)
    writeParent(value)
  })
  const writeVersion = versionWriter(out, numbers.ids, numbers.types)
  const versions = entries.map((entry) => entry.versions)
  writeRows(out, versions, (at, { id, stamp, value }) => {
    writeStamp(at, id)
    out.uint(value === null ? 0 : 1)
    if (value === null) return
    writeStamp(at, stamp)
    writeVersion(value)
  })
  return out.finish()
}

type WriteStamp = ReturnType<typeof stampWriter>
type ReadStamp = ReturnType<typeof stampReader>

function writeField<F extends FieldName>(field: F, out: LayerWriter, entries: readonly VaultEntry[], writeStamp: WriteStamp): void {
  const { write } = codecs[field]
  const rowsOf = (entry: HeldFields): readonly Held<FieldValues[F]>[] => {
    const held: Held<FieldValues[F]> | undefined = entry[field]
    return held === undefined ? [] : [held]
  }
  writeRows(out, entries.map(rowsOf), (at, { value, stamp }) => {
    writeStamp(at, stamp)
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

function readField<F extends FieldName>(field: F, input: LayerReader, entries: readonly Draft[], readStamp: ReadStamp): void {
  const { read } = codecs[field]
  readRows(input, entries, entries.length, (entry, at) => {
    if (entry[field] !== undefined) refuse('a field twice')
    const stamp = readStamp(at)
    Object.assign(entry, { [field]: { value: read(input), stamp } })
  })
}

function readParents(input: LayerReader, entries: readonly Draft[], readStamp: ReadStamp, read: () => EntryId | null): void {
  readRows(input, entries, 2 * entries.length, (entry, at) => {
    const stamp = readStamp(at)
    const parent = { value: read(), stamp }
    const newer = entry.parents.at(-1)
    if (entry.parents.length === 2 || (newer !== undefined && compareHeld(parentShape, newer, parent) <= 0)) refuse('parents out of order')
    entry.parents = newer === undefined ? [parent] : [newer, parent]
  })
}

function readVersions(input: LayerReader, entries: readonly Draft[], readStamp: ReadStamp, read: () => Version): void {
  // Those of one entry stand together. They are appended in place: a copy for each would make many of them cost their square.
  let [last, versions]: [Draft | undefined, HeldVersion[]] = [undefined, []]
  readRows(input, entries, MAX_VERSIONS, (entry, at) => {
    const id = readStamp(at)
    const version: HeldVersion = input.uint(1) === 0 ? { id, stamp: id, value: null } : { id, stamp: readStamp(at), value: read() }
    if (entry !== last) {
      ;[last, versions] = [entry, [version]]
      entry.versions = versions
      return
    }
    if (compareStamps(versions.at(-1)?.id ?? id, id) <= 0) refuse('versions out of order')
    versions.push(version)
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
  const aged = Array.from(entries, (entry) => ({ ...agedEntry(entry), entry }))
  return aged.toSorted(compareAges).map(({ entry }) => entry)
}

interface Aged {
  readonly id: EntryId
  readonly oldest: Stamp
}

/** Throws HoardError 'format-invalid' for an entry of which nothing is known. */
function agedEntry(entry: VaultEntry): Aged {
  const stamps = stampsOf(entry)
  let oldest = stamps[0] ?? refuse('an entry without a field')
  for (const stamp of stamps) if (compareStamps(stamp, oldest) < 0) oldest = stamp
  return { id: entry.id, oldest }
}

function compareAges(a: Aged, b: Aged): number {
  return compareStamps(a.oldest, b.oldest) || compareIds(a.id, b.id)
}

function compareTexts(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b))
}

function wordsIn(entries: readonly VaultEntry[]) {
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
