import { utf8, type Bytes } from '../bytes.ts'
import { HoardError } from '../errors.ts'

/** Bytes of a layer as they are written. Numbers are unsigned LEB128 in their shortest form, below 2^53. SPEC VLT21. */
export interface LayerWriter {
  uint(value: number): void
  /** A whole number of either sign, below 2^52: 2v, or -2v - 1 for a negative one. */
  int(value: number): void
  /** As they are, without a length. */
  bytes(bytes: Uint8Array): void
  /** Its length in UTF-8 and the bytes. */
  text(text: string): void
  finish(): Bytes
}

/** What `LayerWriter` wrote, in the same order. Everything throws HoardError 'format-invalid' for bytes that it never writes. */
export interface LayerReader {
  uint(max?: number): number
  int(): number
  /** A number of things that are still to come, each of at least `bytesEach` bytes: no more than fit, and at most `max`. */
  count(max: number, bytesEach: number): number
  bytes(length: number): Bytes
  text(maxBytes: number): string
  /** Returns only at the end of the bytes. */
  finish(): void
}

const FIRST_BYTES = 4096
/** Of the eighth and last byte of a number. */
const MAX_FACTOR = 2 ** 49

/** Returns a writer of no bytes yet. */
export function createLayerWriter(): LayerWriter {
  let buffer: Bytes = new Uint8Array(FIRST_BYTES)
  let end = 0
  const reserve = (length: number): void => {
    if (end + length <= buffer.length) return
    const larger = new Uint8Array(Math.max(2 * buffer.length, end + length))
    larger.set(buffer.subarray(0, end))
    buffer = larger
  }
  const uint = (value: number): void => {
    reserve(8)
    let rest = value
    while (rest >= 0x80) {
      buffer[end++] = (rest % 0x80) + 0x80
      rest = Math.floor(rest / 0x80)
    }
    buffer[end++] = rest
  }
  const bytes = (given: Uint8Array): void => {
    reserve(given.length)
    buffer.set(given, end)
    end += given.length
  }
  return {
    uint,
    int: (value) => uint(value < 0 ? -2 * value - 1 : 2 * value),
    bytes,
    text: (given) => {
      const encoded = utf8(given)
      uint(encoded.length)
      bytes(encoded)
    },
    finish: () => buffer.slice(0, end),
  }
}

/** Returns a reader of `bytes` from `from` on. */
export function createLayerReader(bytes: Uint8Array, from: number): LayerReader {
  let at = from
  const uint = (max: number = Number.MAX_SAFE_INTEGER): number => {
    let value = 0
    for (let factor = 1; ; factor *= 0x80) {
      const byte = bytes[at++] ?? refuse('ends early')
      if (factor > MAX_FACTOR) refuse('a number of 2^53 or more')
      value += (byte & 0x7f) * factor
      if (value > max) refuse('a number above its bound')
      if (byte >= 0x80) continue
      if (byte === 0 && factor > 1) refuse('a number that is not in its shortest form')
      return value
    }
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) refuse('ends early')
    at += length
    return bytes.subarray(at - length, at)
  }
  return {
    uint,
    int: () => {
      const value = uint()
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    },
    count: (max, bytesEach) => {
      const count = uint(max)
      if (count * bytesEach > bytes.length - at) refuse('more than the rest holds')
      return count
    },
    bytes: (length) => new Uint8Array(take(length)),
    text: (maxBytes) => textOf(take(uint(maxBytes))),
    finish: () => {
      if (at !== bytes.length) refuse('bytes after the end')
    },
  }
}

/** Ends the decoding of a layer. */
export function refuse(reason: string): never {
  throw new HoardError('format-invalid', { format: 'vault layer', reason })
}

/** Strict UTF-8, Unicode 16 table 3-7: one encoding for every text, and no surrogates. The platform's decoder is above this floor. */
function textOf(bytes: Uint8Array): string {
  const codes: number[] = []
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at++] ?? 0
    if (first < 0x80) {
      codes.push(first)
      continue
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
    let code = first & (0x3f >> more)
    for (let left = more; left > 0; left--) {
      const next = bytes[at++] ?? 0
      if (next >> 6 !== 2) refuse('not UTF-8')
      code = code * 64 + (next & 0x3f)
    }
    const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000
    if (first < 0xc2 || first > 0xf4 || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) refuse('not UTF-8')
    if (code < 0x10000) codes.push(code)
    else codes.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff))
  }
  return String.fromCharCode(...codes)
}
