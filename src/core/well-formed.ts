import { HoardError } from './errors.ts'

/** Most lists and maps that may lie inside one another. SPEC ENC4. */
export const MAX_DEPTH = 8

/**
 * Returns only if `bytes` from `from` on are exactly one item of the subset of CBOR that Scatterhoard uses: unsigned integers in their
 * shortest form below 2^53, byte and text strings, lists and maps of definite length, false, true, null, nested at most `MAX_DEPTH` deep.
 * Allocates nothing that `bytes` could enlarge, so it runs before the decoder. SPEC ENC3, ENC4; RFC 8949 section 4.2.1.
 * @throws HoardError 'format-invalid'
 */
export function checkWellFormed(bytes: Uint8Array, from: number): void {
  let at = from
  // Number of items still to come at each level; the first level is the one item itself.
  const awaited = [1]
  while (awaited.length > 0) {
    const level = awaited.length - 1
    const left = awaited[level] ?? 0
    if (left === 0) {
      awaited.pop()
      continue
    }
    awaited[level] = left - 1
    const head = bytes[at]
    if (head === undefined) refuse('ends early')
    const major = head >> 5
    const info = head & 31
    at++
    if (major === 7) {
      if (info < 20 || info > 22) refuse('float or unknown simple value')
      continue
    }
    if (major === 1 || major === 6) refuse('negative integer or tag')
    const width = argumentWidth(info)
    const argument = readArgument(bytes, at, info, width)
    at += width
    if (major === 2 || major === 3) {
      if (argument > bytes.length - at) refuse('string is longer than the rest')
      at += argument
    } else if (major === 4 || major === 5) {
      if (awaited.length > MAX_DEPTH) refuse('nested too deep')
      // Every item takes at least one byte.
      const items = major === 5 ? 2 * argument : argument
      if (items > bytes.length - at) refuse('list or map is longer than the rest')
      awaited.push(items)
    }
  }
  if (at !== bytes.length) refuse('bytes after the end')
}

function argumentWidth(info: number): number {
  if (info < 24) return 0
  if (info > 27) refuse('indefinite length')
  return 1 << (info - 24)
}

function readArgument(bytes: Uint8Array, at: number, info: number, width: number): number {
  if (width === 0) return info
  if (at + width > bytes.length) refuse('ends early')
  let argument = 0
  for (let place = 0; place < width; place++) argument = argument * 256 + (bytes[at + place] ?? 0)
  if (argument > Number.MAX_SAFE_INTEGER) refuse('integer of 2^53 or more')
  const smallest = width === 1 ? 24 : 2 ** (4 * width)
  if (argument < smallest) refuse('integer not in its shortest form')
  return argument
}

function refuse(reason: string): never {
  throw new HoardError('format-invalid', { reason })
}
