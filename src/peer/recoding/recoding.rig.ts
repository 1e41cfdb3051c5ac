import { parsePolicy, type Policy } from '../../core/policy.ts'
import type { Coder } from '../../ports/coder.ts'
import {
  bytesOf,
  createWorld,
  dropped,
  keptBytes,
  row,
  startHolders,
  type PeerOptions,
  type RiggedPeer,
  type World,
} from '../../sim/world.ts'

export const SECOND = 1_000
/** How long somebody has to be away to count as lost; a content is coded anew after 3.5 of it. */
export const LOST_MS = 12 * SECOND
export const STEADY_MS = 3.5 * LOST_MS
export const TRASH_MS = 5 * SECOND
/** 2 of 3 for three people; segments so short that a few records need a manifest. */
function policyOf(wider: { readonly holders: number; readonly k: number; readonly n: number }): Policy {
  return parsePolicy({
    code: [{ holders: 3, k: 2, n: 3 }, wider],
    segment: { bytes: 12 * 262_144 },
    presence: { beaconMs: 2 * SECOND, lostAfterMs: LOST_MS },
    guardian: { scanMs: 10 * SECOND, rankDelayMs: SECOND, claimMs: 60 * SECOND, bytesPerSecond: 1024 * 1024 },
    trash: { holderMs: TRASH_MS, ownerMs: 60 * SECOND },
  })
}
/** How many more come, and what a file would get with them. */
export const wide = { more: 17, policy: policyOf({ holders: 20, k: 3, n: 15 }), n: 15 }
/** The same with few people, which costs little time. */
export const few = { more: 4, policy: policyOf({ holders: 7, k: 3, n: 5 }), n: 5 }
const RECORD = 262_128
/** A file of one segment, and one of two segments of either code. */
export const [SHORT, LONG] = [bytesOf('short', 5_000), bytesOf('long', 14 * RECORD)]

/** A swarm of three people who keep a file of an owner that is shared. */
export interface Scene {
  readonly world: World
  readonly holders: RiggedPeer[]
  owner: RiggedPeer
  readonly id: string
  readonly link: string
  /** Whether a segment of the new layout was described. */
  readonly isBegun: () => boolean
  readonly size: typeof wide
}

/** Stores and shares `content` with three people. */
export async function storedWithThree(content: Uint8Array<ArrayBuffer>, size = few, options: PeerOptions = {}): Promise<Scene> {
  const world = createWorld({ policy: size.policy })
  const holders = await startHolders(world, 3)
  let isBegun = false
  const coder = (inner: Coder): Coder => ({
    ...inner,
    digestStripe(code, bytes) {
      isBegun ||= code.k === 3
      return inner.digestStripe(code, bytes)
    },
  })
  const owner = await world.start('owner', { offerBytes: 0, coder, ...options })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('thesis.db', content)]))
  await world.until(() => row(owner, id).meter?.value === 3 && row(owner, id).explanation?.is !== 'placing')
  const link = await world.run(owner.peer.share(id))
  return { world, holders, owner, id, link, isBegun: () => isBegun, size }
}

/** Lets as many more people come as the next row takes. */
export async function grow({ world, holders, size }: Scene, kind = 'newcomer'): Promise<readonly RiggedPeer[]> {
  const come = await startHolders(world, size.more, () => undefined, kind)
  holders.push(...come)
  return come
}

/** Moves time on in long steps until `isTrue`. Throws when that takes longer than `withinMs`. */
export async function eventually({ world }: Scene, isTrue: () => boolean, withinMs = 4 * STEADY_MS): Promise<void> {
  const end = world.clock.now() + withinMs
  while (!isTrue()) {
    if (world.clock.now() > end) throw new Error(`not true within ${withinMs} ms of the world's time`)
    await world.advance(500)
  }
}

export const isSpreading = ({ owner, id }: Scene): boolean => row(owner, id).explanation?.is === 'spreading'
export const isWide = ({ owner, id, size }: Scene): boolean => row(owner, id).meter?.max === size.n
export const isWhole = (scene: Scene): boolean => isWide(scene) && row(scene.owner, scene.id).meter?.value === scene.size.n

/** Returns the bytes of pieces of all people who are there. */
export function allKept({ world, holders }: Scene): Promise<number> {
  return keptBytes(world, holders)
}

/** Returns of how many segments n different pieces are kept, and of how many others any. */
async function segmentsKept({ world, holders, size }: Scene): Promise<{ readonly whole: number; readonly others: number }> {
  const kept = (await world.run(Promise.all(holders.map(({ peer }) => peer.kept())))).flat()
  const indicesBySegment = new Map<string, Set<number>>()
  for (const { segmentId, index } of kept) {
    indicesBySegment.set(segmentId, (indicesBySegment.get(segmentId) ?? new Set()).add(index))
  }
  const whole = [...indicesBySegment.values()].filter((indices) => indices.size >= size.n).length
  return { whole, others: indicesBySegment.size - whole }
}

/**
 * Returns what `segmentsKept` does once the old layout had time to go: as soon as `whole` segments are whole and nothing else is kept, else after
 * a time in which lost pieces and links would long have been made good.
 */
export async function segmentsAtEnd(scene: Scene, whole: number): ReturnType<typeof segmentsKept> {
  const { world } = scene
  await world.advance(STEADY_MS + LOST_MS + 2 * TRASH_MS)
  const end = world.clock.now() + 4 * STEADY_MS
  for (;;) {
    const kept = await segmentsKept(scene)
    if ((kept.whole === whole && kept.others === 0) || world.clock.now() > end) return kept
    await world.advance(LOST_MS)
  }
}
