import { createTimerClock } from '../adapters/clock/timer-clock.ts'
import { createCoding } from '../adapters/coding/create-coding.ts'
import { createMemoryFiles } from '../adapters/memory/memory-files.ts'
import { createMemoryNetwork, type MemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { openStorage } from '../adapters/storage/open-storage.ts'
import { defaultPolicy } from '../core/policy.ts'
import type { Bytes } from '../core/bytes.ts'
import { createPeer, type Peer } from '../peer/index.ts'
import { handlePeers } from '../protocol/peers.ts'

const { subtle } = crypto
const clock = createTimerClock()
const random = { bytes: (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length)) }
const RELAY = '/memory/relay'

/** Starts a peer with its own disk and identity, which lends `offerBytes` to others and meets people at the relay. */
async function join(swarm: MemoryNetwork, offerBytes: number): Promise<Peer> {
  const storage = await openStorage({ files: createMemoryFiles(), subtle, random, clock })
  const signer = createDeviceSigner(storage.keys.peerKey)
  const { network, control, directory } = swarm.join(signer.peerId)
  const peer = await createPeer({
    ...{ network, control, directory, signer, clock, random },
    shards: storage.shards,
    catalog: storage.catalog,
    outbox: storage.outbox,
    coder: createCoding(subtle),
    storageKey: storage.keys.storageKey,
    policy: defaultPolicy,
    engine: 'example',
    isPersisted: true,
    defaultOffer: { isOn: offerBytes > 0, offerBytes },
    allowance: 'whole-offer',
    removeAll: () => storage.removeAll(),
  })
  await control.addRelay(RELAY)
  return peer
}

/** Resolves once `isTrue`, which is checked after every change of the peer. */
function until(peer: Peer, isTrue: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = peer.watch(() => {
      if (!isTrue()) return
      stop()
      resolve()
    })
  })
}

/**
 * The shortest whole story: six people keep pieces, one stores `content` and shares it, another opens the link. Everything is real except
 * the network and the disks, which are in memory. Resolves with the bytes that arrive.
 */
export async function shareAFile(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const swarm = createMemoryNetwork({ backPressure: 'none' })
  const relay = swarm.join(createDeviceSigner(random.bytes(32)).peerId, { address: RELAY, isRelay: true })
  handlePeers(relay.network, clock, { known: () => relay.network.state().connections.map(({ peer }) => ({ peer, hops: [] })) })
  const keepers = await Promise.all(Array.from({ length: 6 }, () => join(swarm, 1_000_000_000)))
  const owner = await join(swarm, 0)
  const reader = await join(swarm, 0)

  const [id = ''] = await owner.storeFiles([{ name: 'letter.txt', path: '', blob: new Blob([content]) }])
  await until(owner, () => owner.snapshot().files.some((file) => file.id === id && file.canShare))
  const link = reader.openLink(await owner.share(id))
  const file = await link.file()
  const pieces: Uint8Array[] = []
  for await (const piece of file.read()) pieces.push(piece.slice())
  link.close()
  await Promise.all([...keepers, owner, reader].map((peer) => peer.close()))
  return new Uint8Array(Buffer.concat(pieces))
}
