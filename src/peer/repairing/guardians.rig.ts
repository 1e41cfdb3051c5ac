import type { Dialling } from '../../adapters/memory/memory-network.ts'
import { defaultPolicy, placedTarget, type Policy } from '../../core/policy.ts'
import type { Network } from '../../ports/network.ts'
import { protocolOf } from '../../protocol/conversation.ts'
import { bytesOf, createWorld, dropped, type PeerOptions, type RiggedPeer, row, type World } from '../../sim/world.ts'

/** People are lost after a minute, and everything of a repair is as much quicker; leases last. A piece is checked every three seconds. */
export const quickPolicy: Policy = {
  ...defaultPolicy,
  presence: { beaconMs: 20_000, lostAfterMs: 60_000, neighbours: 16 },
  guardian: { scanMs: 30_000, rankDelayMs: 1_000, claimMs: 60_000, enabled: true, bytesPerSecond: 4 * 1024 * 1024 },
  audit: { leavesPerDay: 28_800 },
}

/** Whole peers who keep each other's files while their owners are away. */
export interface Town {
  readonly world: World
  start(name: string, options?: PeerOptions): Promise<RiggedPeer>
  /** Starts `count` people who lend 1 GB each. */
  startSome(count: number, kind: string): Promise<readonly RiggedPeer[]>
  kill(peer: RiggedPeer): void
  /** Returns those who run now. */
  living(): readonly RiggedPeer[]
  /** Stores a file of `bytes` bytes with those who run, as an owner of its own, and returns the path of its link once it is stored. */
  store(name: string, bytes: number): Promise<{ readonly owner: RiggedPeer; readonly path: string; readonly content: Uint8Array }>
  /** Starts `count` holders, stores a file with them whose owner then goes for good, and lets them check each other. */
  orphan(
    count: number,
    bytes?: number,
  ): Promise<{ readonly holders: readonly RiggedPeer[]; readonly path: string; readonly content: Uint8Array }>
  /** Tells whether everybody who runs keeps together at least `least` different pieces of each segment, m when not said. */
  isWhole(least?: number): Promise<boolean>
  /** Lets time pass; work that was begun ends before it goes on. */
  pass(ms: number): Promise<void>
  /** Lets time pass until `isSo`, which is asked each second. */
  passUntil(isSo: () => Promise<boolean> | boolean, withinMs: number): Promise<void>
  /** Returns how many different pieces of each segment those keep who run, the fewest first. */
  known(): Promise<readonly number[]>
  /** Returns the sum of what the guardians who run, and ran, did. */
  repaired(): { readonly placed: number; readonly fetchedBytes: number; readonly sentBytes: number }
  /** Bytes of shards, and what is shown for them, that anybody gave to somebody else to keep so far. */
  givenBytes(): number
}

const STEP_MS = 100
/** m of the smallest row. */
const leastPlaced = placedTarget(2, 8)

/** Returns a town in which nobody lives. */
export function createTown(policy: Policy = quickPolicy, seed = 'town', dialling: Dialling = 'by name'): Town {
  const world = createWorld({ seed, policy, dialling })
  const living = new Map<string, RiggedPeer>()
  const before = { placed: 0, fetchedBytes: 0, sentBytes: 0 }
  let givenBytes = 0

  /** Counts what the opening side of a shard conversation writes: readers write next to nothing. */
  const counted = (network: Network): Network => ({
    ...network,
    open: async (peer, protocol, options) => {
      const channel = await network.open(peer, protocol, options)
      if (protocol !== protocolOf('shard')) return channel
      return {
        ...channel,
        write(bytes) {
          givenBytes += bytes.length
          return channel.write(bytes)
        },
      }
    },
  })
  const add = (a: typeof before, b: typeof before): typeof before => ({
    placed: a.placed + b.placed,
    fetchedBytes: a.fetchedBytes + b.fetchedBytes,
    sentBytes: a.sentBytes + b.sentBytes,
  })
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await world.until(() => true)
      await world.clock.advance(STEP_MS)
    }
    await world.until(() => true)
  }
  const town: Town = {
    world,
    async start(name, options = {}) {
      const { network = (same: Network) => same, ...rest } = options
      const peer = await world.start(name, { ...rest, network: (each) => counted(network(each)) })
      living.set(name, peer)
      return peer
    },
    async startSome(count, kind) {
      const people: RiggedPeer[] = []
      for (let at = 0; at < count; at++) people.push(await town.start(`${kind} ${at}`))
      return people
    },
    async orphan(count, bytes = 400_000) {
      const holders = await town.startSome(count, 'holder')
      const { owner, path, content } = await town.store('film', bytes)
      await pass(45_000)
      town.kill(owner)
      return { holders, path, content }
    },
    isWhole: async (least = leastPlaced) => ((await town.known())[0] ?? 0) >= least,
    kill(peer) {
      Object.assign(before, add(before, peer.peer.snapshot().repair))
      living.delete(peer.name)
      world.kill(peer)
    },
    living: () => [...living.values()],
    async store(name, length) {
      const owner = await town.start(`owner of ${name}`, { offerBytes: 0 })
      const content = bytesOf(name, length)
      const [id = ''] = await world.run(owner.peer.storeFiles([dropped(name, content)]))
      await world.until(() => {
        const { canShare, meter } = row(owner, id)
        return canShare === true && meter?.value === meter?.max
      })
      return { owner, path: await world.run(owner.peer.share(id)), content }
    },
    pass,
    async passUntil(isSo, withinMs) {
      const end = world.clock.now() + withinMs
      while (!(await isSo())) {
        if (world.clock.now() > end) throw new Error(`not so within ${withinMs} ms`)
        await pass(1_000)
      }
    },
    async known() {
      const indices = new Map<string, Set<number>>()
      // All at one moment: a piece may go from one to the other.
      const kept = await world.run(Promise.all([...living.values()].map(({ peer }) => peer.kept())))
      for (const { segmentId, index } of kept.flat()) {
        const known = indices.get(segmentId) ?? new Set<number>()
        indices.set(segmentId, known.add(index))
      }
      return [...indices.values()].map(({ size }) => size).toSorted((a, b) => a - b)
    },
    repaired: () => [...living.values()].reduce((sum, { peer }) => add(sum, peer.snapshot().repair), before),
    givenBytes: () => givenBytes,
  }
  return town
}
