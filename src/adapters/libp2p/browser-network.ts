import type { dhtService } from './dht/dht.ts'
import { mendInitChannel } from './channels/init-channel.ts'
import { startPeerNetwork, type NetworkOptions, type PeerNetwork } from './peer-network.ts'

/** The module of the DHT, which is loaded apart. */
interface LoadedDht {
  readonly dhtService: typeof dhtService
}

/**
 * Starts this page's node with `dht`. Resolves before any relay answers; watch `network.state()`, and call `wake` when the page comes back.
 */
export async function createBrowserNetwork(options: NetworkOptions, dht: Promise<LoadedDht>): Promise<PeerNetwork> {
  mendInitChannel(RTCPeerConnection)
  return startPeerNetwork(options, (await dht).dhtService)
}

/** Loads the DHT, a chunk of its own, which the page's budget counts apart. A caller that starts early loads it while storage is opened. */
export function loadDht(): Promise<LoadedDht> {
  const loading = import('./dht/dht.ts')
  // The caller that awaits it later sees the failure.
  loading.catch(() => undefined)
  return loading
}
