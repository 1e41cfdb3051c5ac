import type { dhtService } from './dht/dht.ts'
import { mendInitChannel } from './channels/init-channel.ts'
import { startPeerNetwork, type NetworkOptions, type PeerNetwork } from './peer-network.ts'

/** The module that is loaded apart. */
interface LoadedDht {
  readonly dhtService: typeof dhtService
}

/** Starts this page's node with `dht`. Resolves before any relay answers; watch `network.state()`, and call `wake` when the page comes back. */
export async function createBrowserNetwork(options: NetworkOptions, dht: Promise<LoadedDht>): Promise<PeerNetwork> {
  mendInitChannel(RTCPeerConnection)
  return startPeerNetwork(options, (await dht).dhtService)
}

/** Loads the DHT, a chunk of its own: the page's budget counts it apart. Asked for early, it comes while storage is opened. */
export function loadDht(): Promise<LoadedDht> {
  const loading = import('./dht/dht.ts')
  // A failure is heard by the caller that awaits it later.
  loading.catch(() => undefined)
  return loading
}
