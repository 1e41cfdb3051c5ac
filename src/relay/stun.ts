import type { Bytes } from '../core/bytes.ts'

const HEADER_BYTES = 20
const MAGIC_COOKIE = 0x2112a442
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const BINDING_ERROR = 0x0111
const XOR_MAPPED_ADDRESS = 0x0020
const ERROR_CODE = 0x0009
const UNKNOWN_ATTRIBUTES = 0x000a
/** Attributes up to this number must be understood; KNOWN are those of them that a binding without credentials understands. */
const LAST_REQUIRED = 0x7fff
const KNOWN = new Set([0x0006 /* USERNAME */, 0x0008 /* MESSAGE-INTEGRITY */, 0x0024 /* PRIORITY */, 0x0025 /* USE-CANDIDATE */])
/** Longest honest binding request; bounds the unknown attributes that an answer lists. */
const MAX_REQUEST_BYTES = 548

/** The source of a request: 4 or 16 address bytes, and the port. */
export interface Origin {
  readonly address: Uint8Array
  readonly port: number
}

/**
 * Returns the answer to the datagram `request`; undefined when it is no STUN binding request, to be ignored.
 * Source: RFC 5389, sections 6, 7.3, 10.1 (no credentials), 15.2 and 15.9.
 */
export function answerBinding(request: Uint8Array, origin: Origin): Bytes | undefined {
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength)
  if (request.length < HEADER_BYTES || request.length > MAX_REQUEST_BYTES) return undefined
  if (view.getUint16(0) !== BINDING_REQUEST || view.getUint32(4) !== MAGIC_COOKIE) return undefined
  if (view.getUint16(2) !== request.length - HEADER_BYTES || request.length % 4 !== 0) return undefined
  const unknown = unknownAttributes(view)
  if (unknown === undefined) return undefined
  const transaction = request.subarray(8, HEADER_BYTES)
  if (unknown.length === 0) return message(BINDING_SUCCESS, transaction, [attribute(XOR_MAPPED_ADDRESS, xorMapped(origin, transaction))])
  return message(BINDING_ERROR, transaction, [attribute(ERROR_CODE, errorCode420), attribute(UNKNOWN_ATTRIBUTES, numbers(unknown))])
}

/** Returns the required attributes that are not known here; undefined when the attributes do not fill the message exactly. */
function unknownAttributes(view: DataView): readonly number[] | undefined {
  const unknown: number[] = []
  for (let at = HEADER_BYTES; at < view.byteLength;) {
    if (at + 4 > view.byteLength) return undefined
    const type = view.getUint16(at)
    at += 4 + Math.ceil(view.getUint16(at + 2) / 4) * 4
    if (at > view.byteLength) return undefined
    if (type <= LAST_REQUIRED && !KNOWN.has(type)) unknown.push(type)
  }
  return unknown
}

function message(type: number, transaction: Uint8Array, attributes: readonly Uint8Array[]): Bytes {
  const length = attributes.reduce((sum, one) => sum + one.length, 0)
  const bytes = new Uint8Array(HEADER_BYTES + length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, type)
  view.setUint16(2, length)
  view.setUint32(4, MAGIC_COOKIE)
  bytes.set(transaction, 8)
  let at = HEADER_BYTES
  for (const one of attributes) {
    bytes.set(one, at)
    at += one.length
  }
  return bytes
}

function attribute(type: number, value: Uint8Array): Bytes {
  const bytes = new Uint8Array(4 + Math.ceil(value.length / 4) * 4)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, type)
  view.setUint16(2, value.length)
  bytes.set(value, 4)
  return bytes
}

/** Returns family, port and address, masked because some routers rewrite addresses that they recognise. RFC 5389 section 15.2. */
function xorMapped(origin: Origin, transaction: Uint8Array): Bytes {
  const bytes = new Uint8Array(4 + origin.address.length)
  const view = new DataView(bytes.buffer)
  const mask = new Uint8Array(16)
  new DataView(mask.buffer).setUint32(0, MAGIC_COOKIE)
  mask.set(transaction, 4)
  view.setUint16(0, origin.address.length === 4 ? 1 : 2)
  view.setUint16(2, origin.port ^ (MAGIC_COOKIE >>> 16))
  origin.address.forEach((byte, at) => view.setUint8(4 + at, byte ^ (mask[at] ?? 0)))
  return bytes
}

const errorCode420 = Uint8Array.from([0, 0, 4, 20, ...new TextEncoder().encode('Unknown Attribute')])

function numbers(values: readonly number[]): Bytes {
  const bytes = new Uint8Array(values.length * 2)
  const view = new DataView(bytes.buffer)
  values.forEach((value, at) => view.setUint16(2 * at, value))
  return bytes
}
