import type { Connection, Network } from '../../ports/network.ts'
import type { PeerId } from '../../core/ids.ts'

/** Returns the direct connections of `network` to people, by peer. */
export function directTo(network: Network): ReadonlyMap<PeerId, Connection> {
  const { connections } = network.state()
  return new Map(connections.flatMap((connection) => (connection.isDirect && !connection.isRelay ? [[connection.peer, connection]] : [])))
}

/** Returns the relays to which `network` is connected. */
export function relaysOf(network: Network): readonly PeerId[] {
  const { connections } = network.state()
  return connections.flatMap(({ peer, isRelay, isDirect }) => (isRelay && isDirect ? [peer] : []))
}
