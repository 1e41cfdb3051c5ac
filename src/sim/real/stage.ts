import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createMemoryNetwork, type MemoryNetwork } from '../../adapters/memory/memory-network.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock, type VirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import type { Bytes } from '../../core/bytes.ts'
import { drawSome } from '../../core/draw-some.ts'
import type { Policy } from '../../core/policy.ts'
import { createPeer, type Peer } from '../../peer/index.ts'
import { unpublished } from '../late-parts.ts'
import type { Signer } from '../../ports/signer.ts'
import { handlePeers } from '../../protocol/peers.ts'
import { createDraws } from '../model/draws.ts'
import type { Timeline } from '../model/timeline.ts'
import type { Lie } from '../population.ts'
import { lyingStore } from './lies.ts'
import { createLossyLines } from './lossy-lines.ts'
import { createSimCoder } from './sim-coder.ts'
import type { SimDisk } from './sim-disk.ts'
import { createTurns } from './turns.ts'

/** A device: what stays of it between its processes. */
export interface Device {
  readonly name: string
  readonly signer: Signer
  readonly storageKey: Bytes
  readonly disk: SimDisk
  readonly offerBytes: number
  readonly upBytesPerSecond: number
  readonly engine: string
  readonly isPersisted: boolean
  readonly lie?: Lie | undefined
}

/** One process of a device, with a whole peer. */
export interface Process {
  /** Resolves once the peer runs; never when it ends before. */
  readonly started: Promise<Peer>
  /** Returns the peer while it runs. */
  peer(): Peer | undefined
  /** Ends it with a goodbye. */
  leave(): void
  /** Ends it at once, like a killed process. */
  kill(): void
}

/** Where peers meet: one network, one relay, one clock, in one process. */
export interface Stage {
  readonly clock: VirtualClock
  readonly swarm: MemoryNetwork
  /** Milliseconds of the timeline. */
  now(): number
  start(device: Device): Process
  /** Moves time on, for peers and for the timeline, until `isOver`, or to `at` milliseconds of the timeline. */
  playUntil(at: number, isOver?: () => boolean): Promise<void>
}

/** How a stage is set up. */
export interface StageSetup {
  readonly seed: number
  readonly policy: Policy
  /** It stands where peers begin; nothing on it is due yet. */
  readonly timeline: Timeline
  /** With the product's coder, in place of one that makes the same bytes in less time. */
  readonly coder: 'exact' | 'fast'
}

const RELAY = '/memory/relay'
/** Midnight UTC at 0 of the timeline. */
const EPOCH = Date.UTC(2026, 0, 1)
/** Streams of draws of the population are numbered from 0 on. */
const LOSSES = 2 ** 31 - 1

/** Returns a device of that name that was never used: its keys follow from seed and name. */
export function newDevice(seed: number, name: string, facts: Omit<Device, 'name' | 'signer' | 'storageKey'>): Device {
  const random = createSeededRandom(`${seed} device ${name}`)
  return { name, signer: createDeviceSigner(random.bytes(32)), storageKey: random.bytes(32), ...facts }
}

/** Returns a stage without peers. */
export function createStage({ seed, policy, timeline, coder: which }: StageSetup): Stage {
  const clock = createVirtualClock(EPOCH + Math.ceil(timeline.now()))
  const turns = createTurns()
  const lines = createLossyLines(clock, createDraws(seed, LOSSES))
  const swarm = createMemoryNetwork({ backPressure: 'none', lines, turn: turns.next })
  const coder = turns.inOrder(which === 'exact' ? createCoding(crypto.subtle) : createSimCoder())
  const relay = swarm.join(createDeviceSigner(createSeededRandom(`${seed} relay`).bytes(32)).peerId, { address: RELAY, isRelay: true })
  const chance = createSeededRandom(`${seed} introductions`)
  const draw = (): number => (chance.bytes(1)[0] ?? 0) / 256
  handlePeers(relay.network, clock, {
    known: (atMost) => drawSome(relay.network.state().connections, atMost, draw).map(({ peer }) => ({ peer, hops: [] })),
  })
  let starts = 0

  const start = (device: Device): Process => {
    const { name, signer, disk, lie, offerBytes } = device
    const own = clock.forProcess()
    const seat = swarm.join(signer.peerId)
    lines.add(signer.peerId, device.upBytesPerSecond)
    let [running, isOver]: [Peer | undefined, boolean] = [undefined, false]
    const { catalog, outbox, shards } = disk.open(() => isOver)

    const open = async (): Promise<Peer> => {
      const peer = await createPeer(
        {
          ...seat,
          network: lines.dialsOf(seat.network),
          catalog,
          outbox,
          shards: lie === undefined ? shards : lyingStore(shards, lie, own),
          coder,
          signer,
          clock: own,
          random: createSeededRandom(`${seed} process ${starts++} of ${name}`),
          storageKey: device.storageKey,
          policy: lie === 'idle-guardian' ? idle(policy) : policy,
          engine: device.engine,
          isPersisted: device.isPersisted,
          defaultOffer: { isOn: offerBytes > 0, offerBytes },
          allowance: 'whole-offer',
          removeAll: async () => undefined,
        },
        unpublished,
      )
      if (isOver) return never()
      await seat.control.addRelay(RELAY)
      running = peer
      return peer
    }
    const kill = (): void => {
      if (isOver) return
      isOver = true
      running = undefined
      swarm.kill(signer.peerId)
      lines.remove(signer.peerId)
      own.kill()
    }
    return {
      started: open(),
      peer: () => running,
      leave() {
        if (running === undefined) kill()
        else void running.close().then(kill)
        running = undefined
      },
      kill,
    }
  }

  return {
    clock,
    swarm,
    now: () => clock.now() - EPOCH,
    start,
    async playUntil(at, isOver = () => false) {
      for (;;) {
        await turns.settle()
        if (isOver()) return
        const next = Math.ceil(Math.min(timeline.next(), at))
        if (clock.step(EPOCH + next - clock.now())) continue
        timeline.runUntil(Math.min(next, at))
        if (next >= at && timeline.next() > at) return
      }
    },
  }
}

/** Returns the policy of somebody who says that it repairs, and gets nothing done. */
function idle(policy: Policy): Policy {
  return { ...policy, guardian: { ...policy.guardian, bytesPerSecond: 1 } }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}
