export type * from './api.ts'
export type { PeerParts } from './parts.ts'
export { createPeer } from './create-peer.ts'
export { createSharedPeer } from './shared-peer.ts'
