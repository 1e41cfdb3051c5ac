import { concatBytes, utf8, type Bytes } from '../../../core/bytes.ts'

/** The records of one table by key, as a `Map` has them. */
export interface TableRecords extends Iterable<[string, Bytes]> {
  get(key: string): Bytes | undefined
  set(key: string, value: Bytes): unknown
  delete(key: string): boolean
}

/** Records of one family, by what their keys have behind the slash. */
interface Open {
  readonly valueByRest: Map<string, Bytes>
  isChanged: boolean
}

/** Families that stay open: those that are used now, or change one record after another. */
const OPEN_AT_MOST = 64
/** Equal bytes that end a run of others: fewer cost as much as they save. */
const LEAST_EQUAL = 4

/**
 * Returns no records, of which those whose keys are alike up to a slash are kept as one array of bytes, each as the difference from the one
 * before. Claims of one group differ in holder and signature alone: 10,000 groups with 32 of them took 290 MB as so many keys and arrays, and
 * take a fifth of that so. A record is found by reading its family, some kilobytes.
 */
export function createPackedRecords(): TableRecords & { /** Bytes of the families that are packed now. */ bytes(): number } {
  /** Undefined while the family is open and has changed. */
  const packedByFamily = new Map<string, Bytes | undefined>()
  const openByFamily = new Map<string, Open>()
  const names = createNames()

  function close(family: string, { valueByRest, isChanged }: Open): void {
    openByFamily.delete(family)
    if (valueByRest.size === 0) packedByFamily.delete(family)
    else if (isChanged) packedByFamily.set(family, pack(valueByRest, names))
  }

  function open(family: string): Open {
    const found = openByFamily.get(family) ?? { valueByRest: unpack(packedByFamily.get(family), names), isChanged: false }
    openByFamily.delete(family)
    openByFamily.set(family, found)
    for (const [oldest, each] of openByFamily) {
      if (openByFamily.size <= OPEN_AT_MOST) break
      close(oldest, each)
    }
    return found
  }

  function change(family: string): Map<string, Bytes> {
    const opened = open(family)
    opened.isChanged = true
    packedByFamily.set(family, undefined)
    return opened.valueByRest
  }

  return {
    get(key) {
      const [family, rest] = split(key)
      return packedByFamily.has(family) ? open(family).valueByRest.get(rest) : undefined
    },
    set(key, value) {
      const [family, rest] = split(key)
      change(family).set(rest, value)
    },
    delete(key) {
      const [family, rest] = split(key)
      if (!packedByFamily.has(family) || !open(family).valueByRest.has(rest)) return false
      return change(family).delete(rest)
    },
    bytes: () => [...packedByFamily.values()].reduce((sum, packed) => sum + (packed?.length ?? 0), 0),
    *[Symbol.iterator]() {
      for (const [family, packed] of packedByFamily) {
        for (const [rest, value] of openByFamily.get(family)?.valueByRest ?? unpack(packed, names)) yield [family + rest, value]
      }
    },
  }
}

/** Numbers of names that occur in many families, as those of people who hold many groups. */
interface Names {
  /** Returns the number of `name`, from 1 on; 0 when there are too many. */
  numberOf(name: string): number
  nameOf(number: number): string | undefined
}

/** Names that have a number: they keep it, so others that come later are written out. */
const NAMES_AT_MOST = 4_096

function createNames(): Names {
  const numberByName = new Map<string, number>()
  const names: string[] = []
  return {
    numberOf(name) {
      const known = numberByName.get(name)
      if (known !== undefined) return known
      if (names.length === NAMES_AT_MOST) return 0
      numberByName.set(name, names.push(name))
      return names.length
    },
    nameOf: (number) => names[number - 1],
  }
}

/** Splits a key behind its first slash; one without a slash is a family of its own. */
function split(key: string): readonly [family: string, rest: string] {
  const end = key.indexOf('/') + 1
  return end === 0 ? [key, ''] : [key.slice(0, end), key.slice(end)]
}

function pack(valueByRest: ReadonlyMap<string, Bytes>, names: Names): Bytes {
  const parts: Uint8Array[] = []
  let before: Bytes = new Uint8Array()
  for (const [rest, value] of valueByRest) {
    const [number, place] = [new Uint8Array(4), { at: 0 }]
    writeNumber(number, place, names.numberOf(rest))
    parts.push(number.subarray(0, place.at))
    if (number[0] === 0) parts.push(difference(new Uint8Array(), utf8(rest)))
    parts.push(difference(before, value))
    before = value
  }
  return concatBytes(...parts)
}

function unpack(packed: Bytes | undefined, names: Names): Map<string, Bytes> {
  const valueByRest = new Map<string, Bytes>()
  if (packed === undefined) return valueByRest
  const text = new TextDecoder()
  const place = { at: 0 }
  let value: Bytes = new Uint8Array()
  while (place.at < packed.length) {
    const rest = names.nameOf(readNumber(packed, place)) ?? text.decode(applied(new Uint8Array(), packed, place))
    value = applied(value, packed, place)
    valueByRest.set(rest, value)
  }
  return valueByRest
}

/** Returns the length of `bytes`, then in turn how many bytes are as in `before` at the same place, how many are others, and those. */
function difference(before: Bytes, bytes: Bytes): Bytes {
  const out: Bytes = new Uint8Array(16 + 2 * bytes.length)
  const place = { at: 0 }
  writeNumber(out, place, bytes.length)
  for (let at = 0; at < bytes.length;) {
    const from = at
    while (at < bytes.length && bytes[at] === before[at]) at++
    writeNumber(out, place, at - from)
    const othersFrom = at
    for (let equal = 0; at < bytes.length && equal < LEAST_EQUAL; at++) equal = bytes[at] === before[at] ? equal + 1 : 0
    // The equal bytes that ended the run begin the next one.
    while (at > othersFrom && at < bytes.length && bytes[at - 1] === before[at - 1]) at--
    writeNumber(out, place, at - othersFrom)
    out.set(bytes.subarray(othersFrom, at), place.at)
    place.at += at - othersFrom
  }
  return out.slice(0, place.at)
}

/** Returns the bytes whose difference from `before` is at `place` of `packed`, and moves the place behind it. */
function applied(before: Bytes, packed: Bytes, place: { at: number }): Bytes {
  const bytes: Bytes = new Uint8Array(readNumber(packed, place))
  for (let at = 0; at < bytes.length;) {
    const equal = readNumber(packed, place)
    bytes.set(before.subarray(at, at + equal), at)
    at += equal
    const others = readNumber(packed, place)
    bytes.set(packed.subarray(place.at, place.at + others), at)
    place.at += others
    at += others
  }
  return bytes
}

/** Writes a number below 2^28 in groups of seven bits, the lowest first. */
function writeNumber(out: Bytes, place: { at: number }, value: number): void {
  let left = value
  for (; left > 127; left >>= 7) out[place.at++] = 128 | (left & 127)
  out[place.at++] = left
}

function readNumber(bytes: Bytes, place: { at: number }): number {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[place.at++] ?? 0
    value |= (byte & 127) << shift
    if (byte < 128) return value
  }
}
