/** Bytes that own an ordinary, transferable buffer: WebCrypto, OPFS and data channels accept it without a copy. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Gives the whole buffer under `bytes` back to the system: nobody may read it afterwards. */
export type FreeBytes = (bytes: Bytes) => void

const digits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
/** Bytes that become text in one piece: more characters would be too many arguments. */
const HEX_PIECE_BYTES = 1024

/**
 * Returns the lower-case hexadecimal text of `bytes`; ids are used as map keys in this form. It is made in one piece: engines keep a text that
 * grows by `+=` as a tree of its parts, and as a key of a map it stays one, a kilobyte for an id.
 */
export function hex(bytes: Uint8Array): string {
  if (bytes.length > HEX_PIECE_BYTES) return hex(bytes.subarray(0, HEX_PIECE_BYTES)) + hex(bytes.subarray(HEX_PIECE_BYTES))
  const codes = Array<number>(2 * bytes.length)
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    codes[2 * at] = digits[byte >> 4] ?? 0
    codes[2 * at + 1] = digits[byte & 15] ?? 0
  }
  return String.fromCharCode(...codes)
}

/** Returns a text with one character for each of at most 1,024 bytes: it takes half the memory of hexadecimal. */
export function byteText(bytes: Uint8Array): string {
  // A list of numbers is spread three times as fast as an array of bytes.
  const codes = Array<number>(bytes.length)
  for (let at = 0; at < bytes.length; at++) codes[at] = bytes[at] ?? 0
  return String.fromCharCode(...codes)
}

/** Returns the bytes for which a text of `byteText` stands. */
export function fromByteText(text: string): Bytes {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

/**
 * Returns the bytes that hexadecimal `text` stands for.
 * @throws RangeError when `text` is not an even number of hexadecimal digits
 */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) throw new RangeError('not lower-case hexadecimal')
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16)
  return bytes
}

/** Returns one new array with all `parts` in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Tells whether two arrays hold the same bytes. Not constant-time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/** Orders byte strings as unsigned numbers, shorter first when one is a prefix: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Returns the UTF-8 bytes of `text`; lone surrogates become U+FFFD. */
export function utf8(text: string): Bytes {
  return ascii(text) ?? anyUtf8(text)
}

/** Names of peers and of purposes are ASCII, and hashed by the million. */
function ascii(text: string): Bytes | undefined {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x80) return undefined
    bytes[at] = code
  }
  return bytes
}

function anyUtf8(text: string): Bytes {
  const bytes: number[] = []
  for (const character of text) {
    let code = character.codePointAt(0) ?? 0
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  }
  return new Uint8Array(bytes)
}
