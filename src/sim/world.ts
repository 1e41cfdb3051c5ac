import { createCoding } from '../adapters/coding/create-coding.ts'
import { createMemoryFiles, type MemoryFiles } from '../adapters/memory/memory-files.ts'
import { createMemoryNetwork, type Dialling, type MemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createSealOracle, type SealOracle } from '../adapters/memory/seal-oracle.ts'
import { createSeededRandom } from '../adapters/memory/seeded-random.ts'
import { createLines, type Lines } from '../adapters/memory/lines.ts'
import { createVirtualClock, type VirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { openStorage } from '../adapters/storage/open-storage.ts'
import { concatBytes, type Bytes } from '../core/bytes.ts'
import { drawSome } from '../core/draw-some.ts'
import { defaultPolicy, type Policy } from '../core/policy.ts'
import type { Catalog } from '../ports/catalog.ts'
import type { Coder } from '../ports/coder.ts'
import type { Directory } from '../ports/directory.ts'
import type { Network } from '../ports/network.ts'
import type { Outbox } from '../ports/outbox.ts'
import type { ShardStore } from '../ports/shard-store.ts'
import type { Signer } from '../ports/signer.ts'
import { handlePeers } from '../protocol/peers.ts'
import { createPeer, type FileView, type OpenedFile, type Peer } from '../peer/index.ts'
import { createBusySubtle } from './busy-subtle.ts'
import type { LateParts } from '../peer/late-parts.ts'
import { unpublished } from './late-parts.ts'
import type { PeerId } from '../core/ids.ts'

/** A whole peer with its disk, which outlives it. */
export interface RiggedPeer {
  readonly name: string
  readonly peerId: PeerId
  readonly files: MemoryFiles
  readonly peer: Peer
}

/** The ways in which a peer of the world differs from a holder that offers 1 GB. */
export interface PeerOptions {
  readonly files?: MemoryFiles
  readonly offerBytes?: number
  readonly shards?: (store: ShardStore) => ShardStore
  readonly outbox?: (outbox: Outbox) => Outbox
  readonly catalog?: (catalog: Catalog) => Catalog
  readonly coder?: (coder: Coder) => Coder
  readonly directory?: (directory: Directory) => Directory
  readonly network?: (network: Network) => Network
  /** The parts that are loaded late: `unpublished` when not said. */
  readonly late?: LateParts
  /** Starts it without a relay: it knows nobody, and meets only peers that the directory names. */
  readonly isAlone?: boolean
  /** The policy that it lives by; the world's when absent. */
  readonly policy?: Policy
  /** How far its clock is ahead of the world's, milliseconds; negative when behind. Asked at each look at a clock that is set while it runs. */
  readonly clockAheadMs?: number | (() => number)
}

/** Whole peers in one process. Time moves only while no peer waits for WebCrypto, so a slow machine changes nothing. */
export interface World {
  readonly clock: VirtualClock
  readonly swarm: MemoryNetwork
  readonly lines: Lines
  /** Sees every record that peers seal, over all their starts: moving time on throws when one nonce sealed two contents. */
  readonly oracle: SealOracle
  start(name: string, options?: PeerOptions): Promise<RiggedPeer>
  /** Ends a peer like a killed process, without a goodbye; its disk stays in `files`. */
  kill(rigged: RiggedPeer): void
  /** Ends the only relay for good: nobody can be started any more but alone. */
  killRelay(): void
  /** Moves time on by `ms`; no peer waits for WebCrypto for longer than half a second of it. */
  advance(ms: number): Promise<void>
  /** Moves time on until `isTrue`. Throws when that takes more than `withinMs` of the world's time. */
  until(isTrue: () => boolean, withinMs?: number): Promise<void>
  /** Moves time on until `work` is done and returns its result. */
  run<T>(work: Promise<T>, withinMs?: number): Promise<T>
}

const STEP_MS = 10
const LONG_STEP_MS = 500
const RELAY = '/memory/relay'

/** The settings of a world; a world that goes on with the disks of another shares its oracle. */
interface WorldOptions {
  readonly seed?: string
  readonly policy?: Policy
  readonly oracle?: SealOracle
  readonly dialling?: Dialling
}

/** Returns a world without peers. */
export function createWorld({ seed = 'world', policy = defaultPolicy, oracle: given, dialling = 'by name' }: WorldOptions = {}): World {
  const { subtle, settled } = createBusySubtle(crypto.subtle)
  const clock = createVirtualClock(undefined, settled)
  const lines = createLines(clock)
  const swarm = createMemoryNetwork({ backPressure: 'none', dialling, lines })
  const relay = swarm.join(signerOf(`${seed} relay`).peerId, { address: RELAY, isRelay: true })
  const chance = createSeededRandom(`${seed} relay`)
  const draw = (): number => (chance.bytes(1)[0] ?? 0) / 256
  handlePeers(relay.network, clock, {
    known: (atMost) => drawSome(relay.network.state().connections, atMost, draw).map(({ peer }) => ({ peer, hops: [] })),
  })
  const oracle = given ?? createSealOracle(subtle)
  const ending = new Map<string, AbortController>()
  let starts = 0

  const settleWork = async (): Promise<void> => {
    await settled()
    oracle.check()
  }
  const until = async (isTrue: () => boolean, withinMs = 600_000): Promise<void> => {
    const end = clock.now() + withinMs
    for (;;) {
      await settleWork()
      if (isTrue()) return
      if (clock.now() > end) throw new Error(`not true within ${withinMs} ms of the world's time`)
      await clock.advance(STEP_MS)
    }
  }
  const run = async <T>(work: Promise<T>, withinMs?: number): Promise<T> => {
    let isDone = false
    const done = (): void => void (isDone = true)
    work.then(done, done)
    await until(() => isDone, withinMs)
    return work
  }
  return {
    clock,
    swarm,
    lines,
    oracle,
    async advance(ms) {
      for (let left = ms; left > 0; left -= LONG_STEP_MS) {
        await settleWork()
        await clock.advance(Math.min(left, LONG_STEP_MS))
      }
    },
    until,
    run,
    kill({ name, peerId }) {
      swarm.kill(peerId)
      ending.get(name)?.abort()
    },
    killRelay: () => swarm.kill(relay.network.self),
    async start(
      name,
      {
        files = createMemoryFiles(),
        offerBytes = 1_000_000_000,
        shards = (store: ShardStore) => store,
        outbox = (same: Outbox) => same,
        catalog = (same: Catalog) => same,
        coder = (same: Coder) => same,
        directory = (same: Directory) => same,
        network = (same: Network) => same,
        late = unpublished,
        isAlone = false,
        policy: own = policy,
        clockAheadMs = 0,
      } = {},
    ) {
      const random = createSeededRandom(`${seed} ${name} ${starts++}`)
      const storage = await run(openStorage({ files, subtle, random, clock }))
      const signer = createDeviceSigner(peerSeed(seed, name))
      const seat = swarm.join(signer.peerId)
      const life = new AbortController()
      ending.set(name, life)
      const parts: Parameters<typeof createPeer>[0] = {
        ...seat,
        directory: directory(seat.directory),
        network: network(seat.network),
        shards: shards(storage.shards),
        catalog: catalog(dying(storage.catalog, life.signal)),
        outbox: outbox(dyingOutbox(storage.outbox, life.signal)),
        coder: oracle.watch(coder(createCoding(subtle))),
        signer,
        clock: {
          // Dates are whole milliseconds, as those of a device are; bytes on a line arrive between them.
          now: () => Math.floor(clock.now()) + (typeof clockAheadMs === 'number' ? clockAheadMs : clockAheadMs()),
          ran: () => clock.ran(),
          watchGaps: (listener) => clock.watchGaps(listener),
          async wait(ms, options) {
            await clock.wait(ms, options)
            if (life.signal.aborted) await never()
          },
        },
        random,
        storageKey: storage.keys.storageKey,
        policy: own,
        engine: 'memory',
        isPersisted: true,
        defaultOffer: { isOn: offerBytes > 0, offerBytes },
        allowance: 'whole-offer',
        removeAll: () => storage.removeAll(),
      }
      const peer = await run(createPeer(parts, late))
      if (!isAlone) await run(seat.control.addRelay(RELAY))
      return { name, peerId: signer.peerId, files, peer }
    },
  }
}

/** Returns the 32 secret bytes of the peer `name` in the world of that seed. */
export function peerSeed(seed: string, name: string): Bytes {
  return createSeededRandom(`${seed} peer ${name}`).bytes(32)
}

function signerOf(seed: string): Signer {
  return createDeviceSigner(createSeededRandom(seed).bytes(32))
}

/** Returns a promise that never settles, as a killed process would wait for. */
function never(): Promise<void> {
  return new Promise(() => undefined)
}

/** Returns a catalog that writes nothing once `signal` has aborted, like that of a killed process. */
function dying<T extends { commit(...args: never[]): Promise<void> }>(catalog: T, signal: AbortSignal): T {
  return {
    ...catalog,
    commit: (...args: never[]) => (signal.aborted ? never() : catalog.commit(...args)),
  }
}

function dyingOutbox(outbox: Outbox, signal: AbortSignal): Outbox {
  return {
    ...outbox,
    write: (...args) => (signal.aborted ? never() : outbox.write(...args)),
    remove: (...args) => (signal.aborted ? never() : outbox.remove(...args)),
  }
}

/** Starts `count` people who lend 1 GB each. */
export async function startHolders(
  world: World,
  count: number,
  shards: (name: string) => NonNullable<Parameters<World['start']>[1]>['shards'] = () => undefined,
  kind = 'holder',
): Promise<RiggedPeer[]> {
  const holders: RiggedPeer[] = []
  for (let at = 0; at < count; at++) {
    const name = `${kind} ${at}`
    const decorate = shards(name)
    holders.push(await world.start(name, decorate === undefined ? {} : { shards: decorate }))
  }
  return holders
}

/** Returns the row of a file; an empty object while it has none. */
export function row({ peer }: RiggedPeer, id: string): Partial<FileView> {
  return peer.snapshot().files.find((file) => file.id === id) ?? {}
}

export function bytesOf(seed: string, length: number): Uint8Array<ArrayBuffer> {
  return createSeededRandom(seed).bytes(length)
}

export function dropped(name: string, content: Uint8Array<ArrayBuffer>) {
  return { name, path: '', blob: new Blob([content]) }
}

export async function keptBytes(world: World, holders: readonly RiggedPeer[]): Promise<number> {
  const kept = await world.run(Promise.all(holders.map(({ peer }) => peer.kept())))
  return kept.flat().reduce((sum, { bytes }) => sum + bytes, 0)
}

export async function collect(file: OpenedFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of file.read()) parts.push(part.slice())
  return concatBytes(...parts)
}

/** Reads the file behind a link as `reader`; `path` is the path of the link. */
export function readAs(world: World, reader: RiggedPeer, path: string): Promise<Uint8Array> {
  const opened = reader.peer.openLink(fragmentOf(path))
  return world.run(opened.file().then((file) => collect(file)))
}

/** Reads the file behind a link as a reader that has nothing else; `path` is the path of the link. */
export async function readByLink(world: World, path: string, name = 'reader'): Promise<Uint8Array> {
  return readAs(world, await world.start(name, { offerBytes: 0 }), path)
}

/** Returns the fragment of the path of a link, `/s/#…`. */
export function fragmentOf(path: string): string {
  return path.slice('/s/#'.length)
}
