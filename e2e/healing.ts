import { expect } from 'vitest'
import { practiceFastPolicy, defaultPolicy } from '../src/core/policy.ts'
import { addFile, MINUTE, shareLink, waitForMeter, waitForPeople } from './app.ts'
import { removeProfile } from './browser.ts'
import type { Scene, TestFile } from './scene.ts'
import { readStatus, type HolderStatus, type OwnHolder, type Swarm } from './swarm.ts'

/** Repairs within seconds, of files that are kept for a year: `practice-fast` itself ends them after ten minutes. */
export const healingPolicy = {
  presence: practiceFastPolicy.presence,
  guardian: practiceFastPolicy.guardian,
  audit: practiceFastPolicy.audit,
  lease: defaultPolicy.lease,
}

/** A swarm of holders that a story ends and replaces one by one. */
export interface Ward {
  readonly swarm: Swarm
  /** Those that run now. */
  readonly living: OwnHolder[]
  /** Starts a new holder, or one that comes back with the data of `again`. */
  arrive(again?: OwnHolder): Promise<OwnHolder>
  /** Ends a holder as a power cut would; its data stays. Returns what its last look said. */
  leave(holder: OwnHolder): Promise<HolderStatus>
}

/** Starts a relay, the app and `people` holders that repair quickly. */
export async function openWard(scene: Scene, people: number): Promise<Ward> {
  const swarm = await scene.swarm({ peers: 0, policy: await scene.policy(healingPolicy) })
  const living: OwnHolder[] = []
  let arrivals = 0
  const arrive = async (again?: OwnHolder): Promise<OwnHolder> => {
    const holder = await scene.holder(swarm.networkFile, again?.dataFolder ?? `${scene.folder}/holder-${arrivals++}`)
    living.push(holder)
    return holder
  }
  await Promise.all(Array.from({ length: people }, () => arrive()))
  return {
    swarm,
    living,
    arrive,
    async leave(holder) {
      const last = await readStatus(holder)
      living.splice(living.indexOf(holder), 1)
      await holder.kill()
      return last
    },
  }
}

/** Stores a file with all its pieces and shares it; then its owner's profile is gone for good. */
export async function storeAndVanish(scene: Scene, { swarm, living }: Ward, file: TestFile, pieces: number): Promise<string> {
  const owner = await scene.browser('owner', `${swarm.url}/files/`)
  await waitForPeople(owner.page, living.length)
  await addFile(owner.page, file)
  await waitForMeter(owner.page, file.name, pieces)
  const link = await shareLink(owner.page, file.name)
  await owner.close()
  await removeProfile(owner)
  return link
}

/** A look at all holders that run. */
export interface Sight {
  /** Different pieces that are kept of each segment, by its id. */
  readonly piecesBySegment: ReadonlyMap<string, number>
  /** Of the segment that has fewest, and of the one that has most. */
  readonly least: number
  readonly most: number
  readonly receivedBytes: number
  /** New pieces that they have placed with others since they started. */
  readonly placed: number
  readonly keptBytes: number
}

/** Looks at every holder that runs. `segments` are those that there have to be: one of which nobody keeps anything counts as 0. */
export async function lookAround({ living }: Pick<Ward, 'living'>, segments: Iterable<string> = []): Promise<Sight> {
  const all = await Promise.all(living.map((holder) => readStatus(holder)))
  const indicesBySegment = new Map<string, Set<number>>(Array.from(segments, (segment) => [segment, new Set()]))
  for (const { kept } of all) {
    for (const { segmentId, index } of kept) {
      const indices = indicesBySegment.get(segmentId) ?? new Set()
      indicesBySegment.set(segmentId, indices.add(index))
    }
  }
  const piecesBySegment = new Map([...indicesBySegment].map(([segment, { size }]) => [segment, size]))
  const sum = (of: (status: HolderStatus) => number): number => all.reduce((total, status) => total + of(status), 0)
  return {
    piecesBySegment,
    least: Math.min(...piecesBySegment.values()),
    most: Math.max(...piecesBySegment.values()),
    receivedBytes: sum(({ receivedBytes }) => receivedBytes),
    placed: sum(({ repair }) => repair.placed),
    keptBytes: sum(bytesOf),
  }
}

/** Returns the bytes of the pieces that a holder keeps. */
export function bytesOf({ kept }: HolderStatus): number {
  return kept.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Looks four times a second until `isTrue`, and returns the last look. Throws the last look when it takes longer than `withinMs`. */
export async function watchUntil(look: () => Promise<Sight>, isTrue: (sight: Sight) => boolean, withinMs = 4 * MINUTE): Promise<Sight> {
  const end = Date.now() + withinMs
  for (;;) {
    const sight = await look()
    if (isTrue(sight)) return sight
    if (Date.now() > end) throw new Error(`not true in time: ${JSON.stringify({ ...sight, piecesBySegment: [...sight.piecesBySegment] })}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/**
 * Looks until all `n` pieces of every segment are kept. Two guardians who did not hear of each other in time may make a few more: `n` is
 * reached or passed, by 2 at most.
 */
export async function watchUntilWhole(look: () => Promise<Sight>, n: number): Promise<void> {
  const { most } = await watchUntil(look, ({ least }) => least >= n)
  expect(most).toBeLessThanOrEqual(n + 2)
}

/** Looks for `ms` milliseconds and calls `check` with every look. */
export async function watchFor(ms: number, look: () => Promise<Sight>, check: (sight: Sight) => void): Promise<void> {
  const end = Date.now() + ms
  await watchUntil(look, (sight) => {
    check(sight)
    return Date.now() > end
  })
}
