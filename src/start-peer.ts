import { createSpareBuffers } from './adapters/coding/spare-buffers.ts'
import { openBrowserStorage, removeBrowserStorage } from './adapters/browser/disk-storage.ts'
import { detectEngine, isPhone } from './adapters/browser/device.ts'
import { createTabChannel, leadOrFollow } from './adapters/browser/tabs.ts'
import { freeBytes } from './adapters/browser/transfer-bytes.ts'
import { createWorkerCoder } from './adapters/browser/worker-coder.ts'
import { watchLife } from './adapters/browser/page-life.ts'
import { createBrowserNetwork, loadDht } from './adapters/libp2p/browser-network.ts'
import { createDeviceSigner } from './adapters/storage/device-signer.ts'
import { parseNetworkFile } from './core/network-file.ts'
import { parsePolicy } from './core/policy.ts'
import { createPeer, createSharedPeer, openAddedRelays, type Peer } from './peer/index.ts'
import { HoardError } from './core/errors.ts'
import type { Rescue } from './ui/index.ts'
import type { Clock } from './ports/clock.ts'
import type { Network } from './ports/network.ts'
import type { Random } from './ports/random.ts'

/** A desktop offers this much until the person decides; nothing is kept before the switch is on. */
const OFFER_BYTES = 10_000_000_000
const PHONE_OFFER_BYTES = 1_000_000_000

/**
 * Starts this profile's peer in this tab, or follows the tab that runs it and takes over when that one goes.
 * Resolves once there is something to show. `overhear` may put itself between the peer and its network.
 */
export function startPeer(clock: Clock, random: Random, overhear = (network: Network): Network => network): Promise<Peer> {
  return createSharedPeer({
    channel: createTabChannel(random),
    lead: leadOrFollow,
    start: () => startNode(clock, random, overhear),
    clock,
  }).catch((error: unknown) => {
    throw withRescue(error)
  })
}

/** Returns `error`, with what can be done about it when it says that the catalog cannot be trusted. */
function withRescue(error: unknown): unknown {
  if (!(error instanceof HoardError) || error.code !== 'storage-damaged') return error
  const { what, reason } = error.facts
  const damage = (['unreadable', 'incomplete', 'foreign'] as const).find((each) => each === reason)
  if (what !== 'catalog' || damage === undefined) return error
  const rescue: Rescue = {
    damage,
    salvage: () => alone(async () => (await openBrowserStorage({ salvage: true })).close()),
    forget: () => alone(removeBrowserStorage),
  }
  return Object.assign(error, { rescue })
}

/** Runs `work` while no tab has the storage open. */
async function alone(work: () => Promise<void>): Promise<void> {
  const release = await leadOrFollow(() => undefined)
  try {
    await work()
  } finally {
    release()
  }
}

async function startNode(clock: Clock, random: Random, overhear: (network: Network) => Network): Promise<Peer> {
  const dht = loadDht()
  // What the disk hands over the coder is done with, and the other way round.
  const spares = createSpareBuffers(freeBytes)
  const [text, storage] = await Promise.all([readNetworkText(), openBrowserStorage({ spares })])
  const opened: (() => void | Promise<void>)[] = [() => storage.close()]
  /** Ends what was started, the last one first: another tab, or this one, may then try again. */
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).toReversed()) await close()
  }
  try {
    const file = parseNetworkFile(text)
    const coder = createWorkerCoder({ spares })
    opened.push(() => coder.close())
    // The first worker starts while relays are dialled: what a link brings soon is to be opened then.
    coder.digestLeaves(new Uint8Array(1)).catch(() => undefined)
    const { network, control, directory, wake } = await createBrowserNetwork(
      {
        peerKey: storage.keys.peerKey,
        relays: [...file.relays, ...(await openAddedRelays(storage.catalog)).all()],
        iceServers: file.iceServers.map(({ urls, ...rest }) => ({ urls, ...rest })),
        networkName: file.network,
        clock,
        ...(isPhone() ? { limits: { hopPlaces: 0, dht: 'client' } } : {}),
      },
      dht,
    )
    opened.push(() => control.close())
    const peer = await createPeer({
      network: overhear(network),
      control,
      directory,
      shards: storage.shards,
      catalog: storage.catalog,
      outbox: storage.outbox,
      coder,
      signer: createDeviceSigner(storage.keys.peerKey),
      clock,
      random,
      storageKey: storage.keys.storageKey,
      policy: parsePolicy(file.policy),
      engine: detectEngine(),
      isPersisted: await isPersisted(),
      defaultOffer: { isOn: false, offerBytes: isPhone() ? PHONE_OFFER_BYTES : OFFER_BYTES },
      removeAll: () => storage.removeAll(),
    })
    opened.push(() => peer.close())
    opened.push(watchLife({ wake, leave: () => void peer.close() }))
    return {
      ...peer,
      async setOffer(offer) {
        // Firefox asks the person here; the wish to lend space is the reason it can show.
        if (offer.isOn) await navigator.storage.persist().catch(() => false)
        await peer.setOffer(offer)
      },
      close: closeAll,
    }
  } catch (error) {
    await closeAll().catch(() => undefined)
    throw error
  }
}

/** Reads the network.json that is served beside the app; a copy in the browser's cache serves when the host is away. Never throws. */
async function readNetworkText(): Promise<string> {
  const answer = await fetch('/network.json', { cache: 'no-cache' }).catch(() => undefined)
  return answer?.ok === true ? answer.text().catch(() => '{}') : '{}'
}

async function isPersisted(): Promise<boolean> {
  return navigator.storage.persisted().catch(() => false)
}
