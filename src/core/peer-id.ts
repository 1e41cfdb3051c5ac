import { base58 } from '@scure/base'
import { concatBytes, type Bytes } from './bytes.ts'
import { brandPeerId, type PeerId } from './ids.ts'
import { assertPeerIdBytes, decodePeerIdText, multihashPrefix } from './peer-id-text.ts'

/**
 * Returns the name of the device whose Ed25519 public key is `publicKey`.
 * @throws HoardError 'format-invalid' when it does not have 32 bytes
 * Source: SPEC.md PID1; libp2p peer-ids specification.
 */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return peerIdFromBytes(concatBytes(multihashPrefix(), publicKey))
}

/** Returns the 38 bytes of `peerId`. SPEC PID1. */
export function peerIdBytes(peerId: PeerId): Bytes {
  return decodePeerIdText(peerId)
}

/**
 * Returns the peer id of its 38 bytes.
 * @throws HoardError 'format-invalid' when they are not an Ed25519 identity multihash
 * Source: SPEC.md PID2.
 */
export function peerIdFromBytes(bytes: Uint8Array): PeerId {
  assertPeerIdBytes(bytes)
  return brandPeerId(base58.encode(bytes))
}

/** Returns the Ed25519 public key of `peerId`, 32 bytes. SPEC PID1. */
export function publicKeyOf(peerId: PeerId): Bytes {
  return decodePeerIdText(peerId).slice(multihashPrefix().length)
}
