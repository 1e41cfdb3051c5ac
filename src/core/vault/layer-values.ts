import { MAX_TYPE_BYTES } from '../file-limits.ts'
import { brandBytes, type FileKey } from '../ids.ts'
import { MAX_FILE_BYTES, MAX_FILE_GROUPS } from '../sizes.ts'
import { brandId, ID_BYTES, idBytes, type DeviceId, type EntryId } from './entry-id.ts'
import { isEntryName, MAX_ENTRY_NAME_BYTES } from './entry-name.ts'
import { shapes, valueFormat, type FieldName, type FieldValues, type Place, type Version } from './fields.ts'
import { compareStamps, MAX_COUNT, MAX_TIME_MS, type Stamp } from './hybrid-time.ts'
import { refuse, type LayerReader, type LayerWriter } from './layer-bytes.ts'

/** How a value stands in a layer. */
interface Codec<T> {
  write(out: LayerWriter, value: T): void
  read(input: LayerReader): T
}

/** Longest value that a layer has as CBOR. */
const MAX_CBOR_BYTES = 2 ** 21
const FILE_KEY_BYTES = 32

const time: Codec<number> = { write: (out, value) => out.uint(value), read: (input) => input.uint(MAX_TIME_MS) }
const nullableTime: Codec<number | null> = {
  write: (out, value) => out.uint(value === null ? 0 : value + 1),
  read: (input) => {
    const value = input.uint(MAX_TIME_MS + 1)
    return value === 0 ? null : value - 1
  },
}

/** The values of the fields that an entry has once at most. SPEC VLT21. */
export const codecs: { readonly [Field in FieldName]: Codec<FieldValues[Field]> } = {
  name: {
    write: (out, value) => out.text(value),
    read: (input) => {
      const name = input.text(MAX_ENTRY_NAME_BYTES)
      return isEntryName(name) ? name : refuse('not a name')
    },
  },
  deletedAt: nullableTime,
  folder: time,
  key: {
    write: (out, { fileKey, size }) => {
      out.bytes(fileKey)
      out.uint(size)
    },
    read: (input) => ({ fileKey: brandBytes<FileKey>(input.bytes(FILE_KEY_BYTES)), size: input.uint(MAX_FILE_BYTES) }),
  },
  layout: {
    write: (out, { k, m, n, salt, records, salts = [] }) => {
      for (const value of [k, m, n]) out.uint(value)
      out.bytes(salt)
      out.uint(records.length)
      for (const value of records) out.uint(value)
      out.uint(salts.length)
      for (const own of salts) out.bytes(own)
    },
    read: (input) => {
      const [k, m, n] = [input.uint(), input.uint(), input.uint()]
      const layout = {
        k,
        m,
        n,
        salt: input.bytes(ID_BYTES),
        records: Array.from({ length: input.count(MAX_FILE_GROUPS, 1) }, () => input.uint()),
      }
      const salts = Array.from({ length: input.count(MAX_FILE_GROUPS, ID_BYTES) }, () => input.bytes(ID_BYTES))
      const whole = salts.length === 0 ? layout : { ...layout, salts }
      shapes.layout.write(whole)
      return whole
    },
  },
  storedAt: nullableTime,
  ended: time,
  link: asCbor(valueFormat(shapes.link)),
  device: asCbor(valueFormat(shapes.device)),
}

/** The words that a layer has once each, for a writer. */
export interface WordNumbers<T> {
  numberOf(word: T): number
}

/** The words that a layer has once each, for a reader. Throws HoardError 'format-invalid'. */
export interface Words<T> {
  /** Returns the word, and notes that something uses it. */
  word(number: number): T
  /** Returns only when every word from `from` on is used. */
  checkUsed(from?: number): void
}

/** Returns the numbers of `words`, all different. */
export function wordNumbers<T>(words: readonly T[]): WordNumbers<T> {
  const numbers = new Map<T, number>()
  for (const [number, word] of words.entries()) numbers.set(word, number)
  return { numberOf: (word) => numbers.get(word) ?? refuse('a word that is not in the dictionary') }
}

/** Returns `words` to be looked up. Throws HoardError 'format-invalid' when there is one twice. */
export function wordsOf<T>(words: readonly T[]): Words<T> {
  const used = new Uint8Array(words.length)
  if (new Set(words).size !== words.length) refuse('a word twice')
  return {
    word: (number) => {
      used[number] = 1
      return words[number] ?? refuse('a word outside the dictionary')
    },
    checkUsed: (from = 0) => {
      if (used.indexOf(0, from) !== -1) refuse('a word that nothing uses')
    },
  }
}

/** Writes words that are sorted by their bytes, and reads them only so. */
export const typeWords: Codec<readonly string[]> = {
  write: (out, types) => {
    out.uint(types.length)
    for (const type of types) out.text(type)
  },
  read: (input) => Array.from({ length: input.count(MAX_WORDS, 1) }, () => input.text(MAX_TYPE_BYTES)),
}

/** Ids one after the other, after their number. */
export function idWords<T extends EntryId | DeviceId>(): Codec<readonly T[]> {
  return {
    write: (out, ids) => {
      out.uint(ids.length)
      for (const id of ids) out.bytes(idBytes(id))
    },
    read: (input) => Array.from({ length: input.count(MAX_WORDS, ID_BYTES) }, () => brandId<T>(input.bytes(ID_BYTES))),
  }
}

/** Most entries of a layer, and most words of a dictionary. SPEC VLT21. */
export const MAX_WORDS = 2 ** 18

/**
 * The stamps of a layer, in the order of its rows: 0 for the stamp that the entry's row before had, else 1 + the number of the device, the
 * milliseconds after the last such stamp, and the count. SPEC VLT21.
 */
export function stampWriter(out: LayerWriter, devices: WordNumbers<DeviceId>) {
  const before: Stamp[] = []
  let lastMs = 0
  return (at: number, stamp: Stamp): void => {
    const same = before[at]
    before[at] = stamp
    if (same !== undefined && compareStamps(same, stamp) === 0) return out.uint(0)
    out.uint(1 + devices.numberOf(stamp.device))
    out.int(stamp.ms - lastMs)
    out.uint(stamp.count)
    lastMs = stamp.ms
  }
}

/** Reads what `stampWriter` wrote. */
export function stampReader(input: LayerReader, devices: Words<DeviceId>) {
  const before: Stamp[] = []
  let lastMs = 0
  return (at: number): Stamp => {
    const same = before[at]
    const head = input.uint()
    if (head === 0) return same ?? refuse('no stamp before')
    const device = devices.word(head - 1)
    lastMs += input.int()
    if (lastMs < 0 || lastMs > MAX_TIME_MS) refuse('a time out of bounds')
    const stamp = { ms: lastMs, count: input.uint(MAX_COUNT), device }
    if (same !== undefined && compareStamps(same, stamp) === 0) refuse('a stamp written twice')
    before[at] = stamp
    return stamp
  }
}

/** References to entries: 0 for the one before, 1 for null, else 2 + the number of the entry. SPEC VLT21. */
export function referenceWriter(out: LayerWriter, ids: WordNumbers<EntryId>) {
  let last: EntryId | null | undefined
  return (id: EntryId | null): void => {
    if (id === last) return out.uint(0)
    last = id
    return out.uint(id === null ? 1 : 2 + ids.numberOf(id))
  }
}

/** Reads what `referenceWriter` wrote. */
export function referenceReader(input: LayerReader, ids: Words<EntryId>) {
  let last: EntryId | null | undefined
  return (): EntryId | null => {
    const head = input.uint()
    if (head === 0) return last === undefined ? refuse('no reference before') : last
    const id = head === 1 ? null : ids.word(head - 2)
    if (id === last) refuse('a reference written twice')
    last = id
    return id
  }
}

/** Versions that are kept; those in one pack are mostly written one after the other, and so lie. SPEC VLT21. */
export function versionWriter(out: LayerWriter, ids: WordNumbers<EntryId>, types: WordNumbers<string>) {
  const [writeContent, writeThumb] = [referenceWriter(out, ids), referenceWriter(out, ids)]
  let [end, lastAt] = [0, 0]
  return ({ content, offset, size, type, at, thumb }: Version): void => {
    writeContent(content)
    out.int(offset - end)
    out.uint(size)
    out.uint(2 * types.numberOf(type) + (thumb === undefined ? 0 : 1))
    out.int(at - lastAt)
    if (thumb !== undefined) {
      writeThumb(thumb.content)
      out.int(thumb.offset)
      out.uint(thumb.size)
    }
    ;[end, lastAt] = [offset + size, at]
  }
}

/** Reads what `versionWriter` wrote. */
export function versionReader(input: LayerReader, ids: Words<EntryId>, types: Words<string>) {
  const [readContent, readThumb] = [referenceReader(input, ids), referenceReader(input, ids)]
  let [end, lastAt] = [0, 0]
  const place = (content: EntryId | null, before: number): Place => {
    const offset = before + input.int()
    if (offset < 0 || offset > MAX_FILE_BYTES) refuse('an offset out of bounds')
    return { content: content ?? refuse('a place in nothing'), offset, size: input.uint(MAX_FILE_BYTES) }
  }
  return (): Version => {
    const { content, offset, size } = place(readContent(), end)
    const head = input.uint()
    const type = types.word(Math.floor(head / 2))
    const at = lastAt + input.int()
    if (at < 0 || at > MAX_TIME_MS) refuse('a time out of bounds')
    ;[end, lastAt] = [offset + size, at]
    const version = { content, offset, size, type, at }
    return head % 2 === 0 ? version : { ...version, thumb: place(readThumb(), 0) }
  }
}

function asCbor<T>({ encode, decode }: { encode(value: T): Uint8Array; decode(bytes: Uint8Array): T }): Codec<T> {
  return {
    write: (out, value) => {
      const bytes = encode(value)
      out.uint(bytes.length)
      out.bytes(bytes)
    },
    read: (input) => decode(input.bytes(input.count(MAX_CBOR_BYTES, 1))),
  }
}
