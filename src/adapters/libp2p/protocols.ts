/** Protocols of libp2p whose streams only show that a connection lives: they do not keep it open and do not count as use. */
export const PING = '/ipfs/ping/1.0.0'
export const HOP = '/libp2p/circuit/relay/0.2.0/hop'
export const STOP = '/libp2p/circuit/relay/0.2.0/stop'

/** Tells whether a stream of `protocol` counts as use of its connection. Pulses, greetings, introductions and the DHT do not. */
export function isUse(protocol: string): boolean {
  return protocol.startsWith('/scatterhoard/') && !/^\/scatterhoard\/(kad|hello|peers)\//.test(protocol)
}

/** Tells whether bytes of `protocol` count as exchanged with its peer: only those of shards do. */
export function isExchange(protocol: string): boolean {
  return protocol.startsWith('/scatterhoard/shard/')
}

/** Returns the DHT's protocol in the swarm `networkName`; '' is the public one. A private swarm never meets another's table. */
export function dhtProtocol(networkName: string): string {
  return networkName === '' ? '/scatterhoard/kad/1' : `/scatterhoard/kad/1/${networkName}`
}
