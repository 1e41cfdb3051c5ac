import { base58 } from '@scure/base'
import type { Bytes } from './bytes.ts'
import { HoardError } from './errors.ts'

const PEER_ID_BYTES = 38
/** Length of every peer id's text: all Ed25519 identity multihashes share their first bytes. */
const PEER_ID_CHARACTERS = 52

/** Identity multihash (0x00) of 36 bytes (0x24): protobuf key type (0x08) Ed25519 (0x01), data (0x12) of 32 bytes (0x20). */
export function multihashPrefix(): Bytes {
  return Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
}

/**
 * Returns the 38 bytes that `text` stands for.
 * @throws HoardError 'format-invalid' when it is not the base58 text of an Ed25519 identity multihash
 * Source: SPEC.md PID2.
 */
export function decodePeerIdText(text: string): Bytes {
  // Check the length before base58, whose cost grows with the square of it.
  if (text.length !== PEER_ID_CHARACTERS || /[^1-9A-HJ-NP-Za-km-z]/.test(text)) throw new HoardError('format-invalid', { what: 'peer id' })
  const bytes = new Uint8Array(base58.decode(text))
  assertPeerIdBytes(bytes)
  return bytes
}

/**
 * Checks the 38 bytes of a peer id.
 * @throws HoardError 'format-invalid' when they are not an Ed25519 identity multihash
 * Source: SPEC.md PID2.
 */
export function assertPeerIdBytes(bytes: Uint8Array): void {
  const isWhole = bytes.length === PEER_ID_BYTES && multihashPrefix().every((byte, at) => bytes[at] === byte)
  if (!isWhole) throw new HoardError('format-invalid', { what: 'peer id', bytes: bytes.length })
}
