import { parsePolicy, type Policy } from '../../../core/policy.ts'
import { partsAtHand } from '../../../sim/late-parts.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type PeerOptions, type RiggedPeer, type World } from '../../../sim/world.ts'

export const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000] as const
/** Nothing is repaired, and nobody counts as lost within the days of these stories. */
export const calm = policyWith(30 * DAY)

/** Returns the same with another term of the trash. */
export function policyWith(ownerMs: number): Policy {
  return parsePolicy({
    code: [{ holders: 8, k: 3, n: 8 }],
    presence: { lostAfterMs: 400 * DAY },
    guardian: { enabled: false },
    trash: { holderMs: MINUTE, ownerMs },
  })
}

/** Devices of owners among people who keep their pieces. */
export function createStage(seed: string, policy = calm) {
  const world: World = createWorld({ seed, policy })
  const people: RiggedPeer[] = []
  const start = async (name: string, options: PeerOptions = {}): Promise<RiggedPeer> => {
    const rigged = await world.start(name, { offerBytes: 0, late: partsAtHand, ...options })
    people.push(rigged)
    return rigged
  }
  const put = async ({ peer }: RiggedPeer, name: string): Promise<string> => {
    const [id = ''] = await world.run(peer.storeFiles([dropped(name, bytesOf(name, 400_000))]))
    return id
  }
  const untilStored = (rigged: RiggedPeer, id: string): Promise<void> =>
    world.until(() => row(rigged, id).canShare === true && row(rigged, id).status !== 'Storing')
  const untilPublished = ({ peer }: RiggedPeer): Promise<void> =>
    world.until(() => peer.snapshot().list.people > 0 && !peer.snapshot().list.isBehind)
  const labels = async ({ peer }: RiggedPeer): Promise<readonly string[]> => (await world.run(peer.devices())).map(({ label }) => label)
  const untilAsync = async (isTrue: () => Promise<boolean>, withinMs = 5 * MINUTE): Promise<void> => {
    for (const end = world.clock.now() + withinMs; !(await isTrue()); await world.advance(5 * SECOND))
      if (world.clock.now() > end) throw new Error(`not true within ${withinMs} ms`)
  }
  return {
    world,
    people,
    start,
    put,
    untilStored,
    untilAsync,
    labels,
    startHolders: async (count = 8): Promise<void> => void people.push(...(await startHolders(world, count))),
    /** Starts a device with one stored file. */
    async first(): Promise<{ readonly first: RiggedPeer; readonly id: string }> {
      people.push(...(await startHolders(world, 8)))
      const first = await start('first')
      const id = await put(first, 'holiday')
      await untilStored(first, id)
      await untilPublished(first)
      return { first, id }
    },
    /** Starts another device of the owner of `first`, until both know of each other. */
    async join(first: RiggedPeer, name: string): Promise<RiggedPeer> {
      const device = await start(name)
      await world.run(device.peer.restore(await world.run(first.peer.recoveryWords())))
      await world.until(() => device.peer.snapshot().restore?.is === 'done')
      await untilPublished(device)
      await untilAsync(async () => (await labels(first)).includes(device.peer.snapshot().self.name))
      return device
    },
    /** Returns how many pieces of files people keep: those of the list are smaller. */
    async pieces(): Promise<number> {
      const kept = await world.run(Promise.all(people.map(({ peer }) => peer.kept())))
      return kept.flat().filter(({ bytes }) => bytes > 100_000).length
    },
    /** Moves time on, then until what was begun by then is done. */
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= 10 * MINUTE) await world.clock.advance(Math.min(left, 10 * MINUTE))
      await world.advance(2 * MINUTE)
    },
    close: (): void => people.forEach(({ peer }) => void peer.close()),
  }
}

export function namesOn({ peer }: RiggedPeer): readonly string[] {
  return peer.snapshot().files.map(({ name }) => name)
}
