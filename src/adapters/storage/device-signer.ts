import { ed25519 } from '@noble/curves/ed25519.js'
import type { Bytes } from '../../core/bytes.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { signWith } from '../../core/signature.ts'
import type { Signer } from '../../ports/signer.ts'

/** Returns the signer whose identity is the Ed25519 key of the 32-byte seed `peerKey`. */
export function createDeviceSigner(peerKey: Bytes): Signer {
  return {
    peerId: peerIdOf(ed25519.getPublicKey(peerKey)),
    async sign(message) {
      return signWith(peerKey, message)
    },
  }
}
