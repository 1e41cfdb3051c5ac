export { openAddedRelays } from './added-relays.ts'
export type * from './api.ts'
export { createPeer } from './create-peer.ts'
export { createSharedPeer } from './shared-peer.ts'
