import { readFile } from 'node:fs/promises'
import { createLyingShardStore } from '../adapters/memory/lying-shard-store.ts'
import { createTimerClock } from '../adapters/node/timer-clock.ts'
import { createNodeCoder } from '../adapters/node/node-coder.ts'
import { createNodeRandom } from '../adapters/node/node-random.ts'
import { openNodeStorage } from '../adapters/node/node-storage.ts'
import { createNodeNetwork } from '../adapters/libp2p/node-network.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { parsePolicy, practiceFastPolicy, type Policy } from '../core/policy.ts'
import type { Network } from '../ports/network.ts'
import { createPeer } from '../peer/index.ts'
import { parseNetworkFile, type NetworkFile } from '../core/network-file.ts'
import type { HolderOptions } from './options.ts'
import { serveStatus } from './status-server.ts'

/** How long a start waits until others can reach it. It goes on without: a relay may come later. */
const REACHABLE_WITHIN_MS = 15_000

/** A holder that runs. */
export interface Holder {
  readonly peerId: string
  readonly name: string
  readonly statusUrl: string
  close(): Promise<void>
}

/** Starts the keeper of `options.dataFolder`; resolves once others can reach it, or have had time to. */
export async function startHolder(options: HolderOptions): Promise<Holder> {
  const file = await readNetwork(options.network)
  const policy = await readPolicy(options.policy, file.policy)
  const clock = createTimerClock()
  const storage = await openNodeStorage(options.dataFolder)
  const { network, control, directory } = await createNodeNetwork({
    peerKey: storage.keys.peerKey,
    relays: [...file.relays, ...options.relays],
    iceServers: [...file.iceServers],
    networkName: file.network,
    clock,
  })
  const { fault } = options
  const offer = { isOn: true, offerBytes: options.offerBytes }
  const peer = await createPeer({
    network,
    control,
    directory,
    shards: fault === undefined ? storage.shards : createLyingShardStore(storage.shards, fault.seed, fault.lie, fault.after),
    catalog: storage.catalog,
    outbox: storage.outbox,
    coder: createNodeCoder(),
    signer: createDeviceSigner(storage.keys.peerKey),
    clock,
    random: createNodeRandom(),
    storageKey: storage.keys.storageKey,
    policy,
    engine: 'node',
    isPersisted: true,
    defaultOffer: offer,
    ...(options.allowance !== undefined && { allowance: options.allowance }),
    removeAll: () => storage.removeAll(),
  })
  // The option of this start counts, whatever an earlier one said.
  await peer.setOffer(offer)
  const status = await serveStatus(peer, options.statusPort)
  await reachable(network)
  const { peerId, name } = peer.snapshot().self
  return {
    peerId,
    name,
    statusUrl: status.url,
    async close() {
      status.close()
      await peer.close()
      await storage.close()
    },
  }
}

/** Reads a network.json from a file or, when `place` is an http address, from there. */
async function readNetwork(place: string | undefined): Promise<NetworkFile> {
  if (place === undefined) return parseNetworkFile('{}')
  if (!/^https?:\/\//.test(place)) return parseNetworkFile(await readFile(place, 'utf8'))
  const answer = await fetch(place)
  if (!answer.ok) throw new Error(`${place} answered ${answer.status}`)
  return parseNetworkFile(await answer.text())
}

async function readPolicy(place: string | undefined, networkPolicy: unknown): Promise<Policy> {
  const base = parsePolicy(networkPolicy)
  if (place === 'practice-fast') return practiceFastPolicy
  return place === undefined ? base : parsePolicy(JSON.parse(await readFile(place, 'utf8')), base)
}

/** Resolves once somebody can introduce others to this peer, or after REACHABLE_WITHIN_MS. */
function reachable(network: Network): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, REACHABLE_WITHIN_MS)
    const stopWatching = network.watch(look)
    look()
    function look() {
      if (network.state().hops.length > 0) finish()
    }
    function finish() {
      clearTimeout(timer)
      stopWatching()
      resolve()
    }
  })
}
