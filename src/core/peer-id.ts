import { base58 } from '@scure/base'
import { concatBytes, type Bytes } from './bytes.ts'
import { HoardError } from './errors.ts'
import { brandPeerId, type PeerId } from './ids.ts'

const PEER_ID_BYTES = 38
/** All Ed25519 identity multihashes share their first bytes, so that their text is always as long as this. */
const PEER_ID_CHARACTERS = 52

/** Identity multihash (0x00) of 36 bytes (0x24): protobuf key type (0x08) Ed25519 (0x01), data (0x12) of 32 bytes (0x20). */
function multihashPrefix(): Bytes {
  return Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
}

/**
 * Returns the name of the device whose Ed25519 public key is `publicKey`.
 * @throws HoardError 'format-invalid' when it has not 32 bytes
 * Source: SPEC.md PID1; libp2p peer-ids specification.
 */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return peerIdFromBytes(concatBytes(multihashPrefix(), publicKey))
}

/** Returns the 38 bytes of `peerId`. SPEC PID1. */
export function peerIdBytes(peerId: PeerId): Bytes {
  return decodePeerId(peerId)
}

/**
 * Returns the peer id of its 38 bytes.
 * @throws HoardError 'format-invalid' when they are not an Ed25519 identity multihash
 * Source: SPEC.md PID2.
 */
export function peerIdFromBytes(bytes: Uint8Array): PeerId {
  assertMultihash(bytes)
  return brandPeerId(base58.encode(bytes))
}

/**
 * Returns `text` as a peer id.
 * @throws HoardError 'format-invalid' when it is not the base58 text of an Ed25519 identity multihash
 * Source: SPEC.md PID2.
 */
export function parsePeerId(text: string): PeerId {
  decodePeerId(text)
  return brandPeerId(text)
}

/** Returns the Ed25519 public key of `peerId`, 32 bytes. SPEC PID1. */
export function publicKeyOf(peerId: PeerId): Bytes {
  return decodePeerId(peerId).slice(multihashPrefix().length)
}

function decodePeerId(text: string): Bytes {
  // Before base58: its cost grows with the square of the length.
  if (text.length !== PEER_ID_CHARACTERS || /[^1-9A-HJ-NP-Za-km-z]/.test(text)) throw new HoardError('format-invalid', { what: 'peer id' })
  const bytes = new Uint8Array(base58.decode(text))
  assertMultihash(bytes)
  return bytes
}

function assertMultihash(bytes: Uint8Array): void {
  const isWhole = bytes.length === PEER_ID_BYTES && multihashPrefix().every((byte, at) => bytes[at] === byte)
  if (!isWhole) throw new HoardError('format-invalid', { what: 'peer id', bytes: bytes.length })
}
