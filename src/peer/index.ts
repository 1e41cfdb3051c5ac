export { openAddedRelays } from './people/added-relays.ts'
export type * from './api/peer.ts'
export { createPeer } from './create-peer.ts'
export { createSharedPeer } from './tabs/shared-peer.ts'
