import { createTimerClock } from '../adapters/clock/timer-clock.ts'
import { createNodeCoder } from '../adapters/node/node-coder.ts'
import { readJsonFile } from '../adapters/node/read-json.ts'
import { createNodeRandom } from '../adapters/node/node-random.ts'
import { openDataFolder } from '../adapters/node/data-folder.ts'
import { openNodeStorage } from '../adapters/node/node-storage.ts'
import { createNodeNetwork } from '../adapters/libp2p/node-network.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { parsePolicy, practiceFastPolicy, type Policy } from '../core/policy.ts'
import { isRelayAddress } from '../core/relay-address.ts'
import type { Network, NetworkState } from '../ports/network.ts'
import type { ShardStore } from '../ports/shard-store.ts'
import { createPeer } from '../peer/index.ts'
import type { HolderOptions } from './options.ts'
import { readNetwork } from './read-network.ts'
import { serveStatus } from './status-server.ts'

/** Longest time that a start waits until others can reach it. It then goes on without: a relay may come later. */
const REACHABLE_WITHIN_MS = 15_000

/** A running holder. */
export interface Holder {
  readonly peerId: string
  readonly name: string
  readonly statusUrl: string
  close(): Promise<void>
}

/** Returns the store to use in place of the given one. */
export type Decorate = (shards: ShardStore) => ShardStore

/** Starts the holder of `options.dataFolder`; resolves once others can reach it, or after 15 s. `say` is told what it waits for. */
export async function startHolder(
  options: HolderOptions,
  say: (line: string) => void,
  decorate: Decorate = (shards) => shards,
): Promise<Holder> {
  const folder = await openDataFolder(options.dataFolder, {
    kind: 'holder',
    isFresh: options.isFresh,
    onLeft: (paths) => say(`Left alone, since Scatterhoard did not write it: ${paths.join(', ')}`),
  })
  const settings = await readNetwork(options.network, { folder: folder.path, say })
  const { file } = settings
  const policy = await readPolicy(options.policy, settings.policy)
  const clock = createTimerClock()
  const storage = await openNodeStorage(folder.path, {
    salvage: options.isSalvage,
    ...(folder.identity !== undefined && { identity: folder.identity }),
  })
  await folder.noteIdentity(createDeviceSigner(storage.keys.peerKey).peerId)
  const { network, control, directory } = await createNodeNetwork({
    peerKey: storage.keys.peerKey,
    relays: [...usableRelays(file.relays, say), ...options.relays],
    iceServers: [...file.iceServers],
    networkName: file.network,
    clock,
  })
  const offer = { isOn: true, offerBytes: options.offerBytes }
  const peer = await createPeer({
    network,
    control,
    directory,
    shards: decorate(storage.shards),
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
    async removeAll() {
      await folder.noteIdentity(undefined)
      await storage.removeAll()
    },
  })
  // The offer of this start replaces that of an earlier one.
  await peer.setOffer(offer)
  const status = await serveStatus(peer, options.statusPort)
  settings.follow((address) => control.addRelay(address))
  await reachable(network, say)
  const { peerId, name } = peer.snapshot().self
  return {
    peerId,
    name,
    statusUrl: status.url,
    async close() {
      status.close()
      settings.close()
      await peer.close()
      await storage.close()
      folder.release()
    },
  }
}

async function readPolicy(place: string | undefined, base: Policy): Promise<Policy> {
  if (place === 'practice-fast') return practiceFastPolicy
  return place === undefined ? base : readJsonFile(place, (text) => parsePolicy(JSON.parse(text), base))
}

/** Resolves once a relay can introduce others to this peer, or after REACHABLE_WITHIN_MS. Says when it takes longer, and when it is over. */
function reachable(network: Network, say: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      say(`Nobody can introduce others to this holder yet: ${sayRelays(network.state().relays)}.`)
      say('It goes on trying.')
      hasWaited = true
      resolve()
    }, REACHABLE_WITHIN_MS)
    let hasWaited = false
    const stopWatching = network.watch(look)
    look()
    function look() {
      if (network.state().hops.length === 0) return
      if (hasWaited) say('Others can reach this holder now.')
      clearTimeout(timer)
      stopWatching()
      resolve()
    }
  })
}

/** Returns the relays of the network's settings that have a usable address; `say` is told of the others. */
function usableRelays(relays: readonly string[], say: (line: string) => void): readonly string[] {
  for (const address of relays)
    if (!isRelayAddress(address)) say(`The network names ${address}, which is not the address of a relay: left out.`)
  return relays.filter(isRelayAddress)
}

/** Returns why no relay introduces anybody. */
export function sayRelays(relays: NetworkState['relays']): string {
  if (relays.length === 0) return 'it knows no relay'
  const silent = relays.filter(({ isSomebodyElse }) => isSomebodyElse !== true).map(({ address }) => address)
  const changed = relays.filter(({ isSomebodyElse }) => isSomebodyElse === true).map(({ address }) => address)
  return [
    ...(silent.length > 0 ? [`no answer from ${silent.join(', ')}`] : []),
    ...(changed.length > 0 ? [`another relay than the address names answers at ${changed.join(', ')}, so ask for the new address`] : []),
  ].join('; ')
}
