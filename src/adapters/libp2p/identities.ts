import type { ConnectionGater, PeerId as PeerIdOfLibp2p } from '@libp2p/interface'

/**
 * The part of a connection gater that dials no peer whose identity is not an Ed25519 key, and ends a connection as soon as its far side has
 * proven such an identity. Such a peer has no name here (core PID1), so no message may go to it or name it. Page, holder and relay use it.
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
