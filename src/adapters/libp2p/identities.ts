import type { ConnectionGater, PeerId as PeerIdOfLibp2p } from '@libp2p/interface'

/**
 * The part of a connection gater that ends a connection as soon as its far side has proven an identity that is no Ed25519 key,
 * and dials none. Such a peer has no name here (core PID1), so that nothing may be said to it or of it. Page, holder and relay use it.
 */
export const onlyEd25519: ConnectionGater = {
  denyDialPeer: isForeign,
  denyInboundEncryptedConnection: isForeign,
  denyOutboundEncryptedConnection: isForeign,
}

/** Tells whether `peer` has an identity that is no Ed25519 key. */
export function isForeign(peer: PeerIdOfLibp2p): boolean {
  return peer.type !== 'Ed25519'
}
