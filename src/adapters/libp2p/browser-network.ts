import { mendInitChannel } from './init-channel.ts'
import { startPeerNetwork, type NetworkOptions, type PeerNetwork } from './peer-network.ts'

/** Starts this page's node. Resolves before any relay answers; watch `network.state()`, and call `wake` when the page comes back. */
export async function createBrowserNetwork(options: NetworkOptions): Promise<PeerNetwork> {
  mendInitChannel(RTCPeerConnection)
  // A chunk of its own: the page's budget counts it apart.
  const { dhtService } = await import('./dht.ts')
  return startPeerNetwork(options, dhtService)
}
