import { openBrowserStorage, removeBrowserStorage } from './adapters/browser/disk-storage.ts'
import { createSpareBuffers, type SpareBuffers } from './adapters/coding/spare-buffers.ts'
import { detectEngine, isPhone } from './adapters/browser/device.ts'
import { createTabChannel, leadOrFollow } from './adapters/browser/tabs.ts'
import { freeBytes } from './adapters/browser/transfer-bytes.ts'
import { createWorkerCoder } from './adapters/browser/worker-coder.ts'
import { watchLife } from './adapters/browser/page-life.ts'
import { createBrowserNetwork, loadDht } from './adapters/libp2p/browser-network.ts'
import { createDeviceSigner } from './adapters/storage/device-signer.ts'
import { createChanges } from './flow/changes.ts'
import { HoardError } from './core/errors.ts'
import { scopeOf, worstOf, type Need } from './core/needs.ts'
import { parseNetworkFile } from './core/network-file.ts'
import { parsePolicy } from './core/policy.ts'
import { createPeer, createSharedPeer, openAddedRelays, type Peer } from './peer/index.ts'
import type { Rescue } from './ui/index.ts'
import type { DeviceStorage } from './adapters/storage/open-storage.ts'
import type { Clock } from './ports/clock.ts'
import type { Network } from './ports/network.ts'
import type { Random } from './ports/random.ts'

/** Offer of a desktop until the person decides; nothing is kept before the switch is on. */
const OFFER_BYTES = 10_000_000_000
const PHONE_OFFER_BYTES = 1_000_000_000

export { findMissing } from './adapters/browser/find-missing.ts'

/** The needs that a browser does not meet, and a wrapper of the network. */
export interface StartOptions {
  /** Needs that this browser does not meet. */
  readonly missing?: readonly Need[]
  /** Returns the network to use in place of the given one. */
  readonly overhear?: (network: Network) => Network
}

/**
 * Starts this profile's peer in this tab, or follows the tab that runs it and takes over when that one goes. In a browser that keeps nothing
 * the peer is this tab's own, reads links, and forgets everything. Resolves once there is something to show.
 * @throws HoardError 'storage-unavailable' {wants} in a browser that cannot run a peer at all
 */
export async function startPeer(
  clock: Clock,
  random: Random,
  { missing = [], overhear = (same) => same }: StartOptions = {},
): Promise<Peer> {
  const scope = scopeOf(missing)
  const lack = new HoardError('storage-unavailable', { wants: worstOf(missing) ?? 'nothing' })
  if (scope === 'nothing') throw lack
  if (scope === 'reading') return startReader(clock, random, overhear, lack)
  return createSharedPeer({
    channel: createTabChannel(random),
    lead: leadOrFollow,
    start: () => startNode(clock, random, overhear, (spares) => openBrowserStorage({ spares })),
    clock,
  }).catch((error: unknown) => {
    throw withRescue(error)
  })
}

/** Returns `error`, with the ways out of it when it says that the catalog cannot be trusted. */
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

/** Starts a peer with its storage in memory, which only reads: `storeFiles`, `setOffer` and `recoveryWords` throw `lack`. */
async function startReader(clock: Clock, random: Random, overhear: (network: Network) => Network, lack: HoardError): Promise<Peer> {
  const { openStorage, createMemoryFiles } = await import('./memory-storage.ts')
  const { subtle } = crypto
  const peer = await startNode(clock, random, overhear, () => openStorage({ files: createMemoryFiles(), subtle, random, clock }))
  const refuse = (): Promise<never> => Promise.reject(lack)
  return { ...peer, storeFiles: refuse, setOffer: refuse, recoveryWords: refuse, noteWordsConfirmed: refuse }
}

async function startNode(
  clock: Clock,
  random: Random,
  overhear: (network: Network) => Network,
  open: (spares: SpareBuffers) => Promise<DeviceStorage>,
): Promise<Peer> {
  const dht = loadDht()
  // Disk and coder share their spare buffers: each reuses those that the other has finished with.
  const spares = createSpareBuffers(freeBytes)
  const [text, storage] = await Promise.all([readNetworkText(), open(spares)])
  const opened: (() => void | Promise<void>)[] = [() => storage.close()]
  /** Ends everything that was started, the last first, so that another tab, or this one, may try again. */
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).toReversed()) await close()
  }
  try {
    const file = parseNetworkFile(text)
    const coder = createWorkerCoder({ spares })
    opened.push(() => coder.close())
    // Start the first worker while relays are dialled: a link that was opened will soon need it.
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
    const wakes = createChanges()
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
      watchWakes: wakes.watch,
      isVisible: () => document.visibilityState === 'visible',
      removeAll: () => storage.removeAll(),
    })
    opened.push(() => peer.close())
    wakes.watch(wake)
    opened.push(watchLife({ wake: wakes.tell, leave: () => void peer.close() }))
    return {
      ...peer,
      async setOffer(offer) {
        // Firefox asks the person here, for as long as they take; the wish to lend space is the reason it can show.
        if (offer.isOn) void askToPersist().catch(() => false)
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

async function askToPersist(): Promise<boolean> {
  return navigator.storage.persist()
}

/** Never throws. */
async function isPersisted(): Promise<boolean> {
  try {
    return await navigator.storage.persisted()
  } catch {
    return false
  }
}
