/** Protocols of libp2p whose streams mean only that a connection lives; they keep nothing open and are not counted as use. */
export const PING = '/ipfs/ping/1.0.0'
export const HOP = '/libp2p/circuit/relay/0.2.0/hop'
export const STOP = '/libp2p/circuit/relay/0.2.0/stop'

/** Returns the DHT's protocol in the swarm `networkName`; '' is the public one. A private swarm never meets another's table. */
export function dhtProtocol(networkName: string): string {
  return networkName === '' ? '/scatterhoard/kad/1' : `/scatterhoard/kad/1/${networkName}`
}
