import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import { guardDht } from './dht-guard.ts'
import { dhtProtocol } from '../protocols.ts'

/** A function that makes a DHT service out of a node's components; libp2p calls it. */
export type DhtService = ReturnType<typeof kadDHT>
export type { KadDHT }

/**
 * Returns the service that keeps this node's part of the DHT of the swarm `networkName`: provider records and peer addresses.
 * Every PUT_VALUE is refused. A `client` asks but answers nobody.
 */
export function dhtService(networkName: string, role: 'server' | 'client'): DhtService {
  const make = kadDHT({
    protocol: dhtProtocol(networkName),
    // Fixed: otherwise the mode follows "has a public address", which a browser never has.
    clientMode: role === 'client',
    // The default mapper drops private addresses: a swarm on one machine or in one house would find nobody.
    peerInfoMapper: passthroughMapper,
    // No other namespace has a validator, and kad-dht refuses a record without one.
    validators: { pk: refuseValue },
    maxInboundStreams: 32,
    // allowQueryWithZeroPeers stays off: otherwise the first query spins while the table is empty.
  })
  return (components) => {
    const dht = make(components)
    guardDht(dht)
    return dht
  }
}

async function refuseValue(): Promise<void> {
  throw new Error('this DHT keeps no values')
}
