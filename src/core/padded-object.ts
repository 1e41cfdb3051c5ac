import type { Bytes } from './bytes.ts'
import { HoardError } from './errors.ts'
import { padmeLength } from './padding.ts'

const PREFIX_BYTES = 4

/**
 * Returns `encoded` as it is sealed: u32 big-endian length, the bytes, zeros up to the Padme length of both.
 * @param encoded a manifest, link or layer, version byte included
 * Source: SPEC.md MAN1.
 */
export function wrapObject(encoded: Uint8Array): Bytes {
  const wrapped = new Uint8Array(padmeLength(PREFIX_BYTES + encoded.length))
  new DataView(wrapped.buffer).setUint32(0, encoded.length)
  wrapped.set(encoded, PREFIX_BYTES)
  return wrapped
}

/**
 * Returns the object that `wrapObject` was given.
 * @throws HoardError 'format-invalid' when the length is not the padded one or the padding not zero
 * Source: SPEC.md MAN1.
 */
export function unwrapObject(bytes: Uint8Array): Bytes {
  if (bytes.length < PREFIX_BYTES) refuse('no length')
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const end = PREFIX_BYTES + length
  if (end > bytes.length || padmeLength(end) !== bytes.length) refuse('length and padding disagree')
  for (let at = end; at < bytes.length; at++) if (bytes[at] !== 0) refuse('padding is not zero')
  return new Uint8Array(bytes.subarray(PREFIX_BYTES, end))
}

function refuse(reason: string): never {
  throw new HoardError('format-invalid', { format: 'padded object', reason })
}
