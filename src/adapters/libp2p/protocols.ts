/** Protocols of libp2p whose streams mean only that a connection lives; they keep nothing open and are not counted as use. */
export const PING = '/ipfs/ping/1.0.0'
export const HOP = '/libp2p/circuit/relay/0.2.0/hop'
export const STOP = '/libp2p/circuit/relay/0.2.0/stop'

/** Tells whether a stream of `protocol` is use of its connection. Pulses, greetings, introductions and the DHT are not. */
export function isUse(protocol: string): boolean {
  return protocol.startsWith('/scatterhoard/') && !/^\/scatterhoard\/(kad|hello|peers)\//.test(protocol)
}

/** Tells whether bytes of `protocol` are counted as exchanged with its peer: shards. */
export function isExchange(protocol: string): boolean {
  return protocol.startsWith('/scatterhoard/shard/')
}

/** Returns the DHT's protocol in the swarm `networkName`; '' is the public one. A private swarm never meets another's table. */
export function dhtProtocol(networkName: string): string {
  return networkName === '' ? '/scatterhoard/kad/1' : `/scatterhoard/kad/1/${networkName}`
}
