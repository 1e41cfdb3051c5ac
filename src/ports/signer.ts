import type { Bytes } from '../core/bytes.ts'
import type { PeerId } from '../core/ids.ts'

/** The device's own Ed25519 identity. The secret stays inside. */
export interface Signer {
  readonly peerId: PeerId
  /** Returns the 64-byte Ed25519 signature of `message`, which already starts with its label. */
  sign(message: Uint8Array): Promise<Bytes>
}
