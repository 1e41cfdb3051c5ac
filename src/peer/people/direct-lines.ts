import type { Connection, Network, NetworkState } from '../../ports/network.ts'
import type { PeerId } from '../../core/ids.ts'

/** Returns a function that returns the direct connections of `network` to people, by peer: the same ones while its state is the same object. */
export function createDirectLines(network: Pick<Network, 'state'>): () => ReadonlyMap<PeerId, Connection> {
  let state: NetworkState | undefined
  let direct: ReadonlyMap<PeerId, Connection> = new Map()
  return () => {
    const now = network.state()
    if (now === state) return direct
    state = now
    return (direct = new Map(now.connections.flatMap((each) => (each.isDirect && !each.isRelay ? [[each.peer, each]] : []))))
  }
}

/** Returns the relays to which `network` is connected. */
export function relaysOf(network: Network): readonly PeerId[] {
  const { connections } = network.state()
  return connections.flatMap(({ peer, isRelay, isDirect }) => (isRelay && isDirect ? [peer] : []))
}
