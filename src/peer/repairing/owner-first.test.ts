import { afterEach, expect, test } from 'vitest'
import { getToKnow } from '../../sim/acquaintance.rig.ts'
import { row, type RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const { lostAfterMs } = quickPolicy.presence
/** The delay of a rank is long beside the seconds by which devices declare one loss at different times. */
const policy = { ...quickPolicy, guardian: { ...quickPolicy.guardian, rankDelayMs: 10 * SECOND } }
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

/** Eight holders with a file of an owner who is there. */
async function townOf(): Promise<{ readonly owner: RiggedPeer; readonly holders: readonly RiggedPeer[]; readonly id: string }> {
  town = createTown(policy)
  const holders = await town.startSome(8, 'holder')
  const { owner } = await town.store('film', 3_000_000)
  await town.pass(45 * SECOND)
  const [{ id } = { id: '' }] = owner.peer.snapshot().files
  return { owner, holders, id }
}

/** Gives the owner a line over which three pieces of the film take longer than the delays of two ranks. */
function slow({ peerId }: RiggedPeer): void {
  town.world.lines.set(peerId, { up: 100_000, down: Infinity, delayMs: 50 })
}

/** Returns how many pieces of each segment those who run keep, doubles counted, the most first. */
async function kept(): Promise<readonly number[]> {
  const pieces = new Map<string, number>()
  for (const { peer } of town.living()) {
    for (const { segmentId } of await town.world.run(peer.kept())) pieces.set(segmentId, (pieces.get(segmentId) ?? 0) + 1)
  }
  return [...pieces.values()].toSorted((a, b) => b - a)
}

test('[RPR4, SYN5] an owner that is there with its sealed copy makes lost pieces anew, and no guardian fetches anything', async () => {
  const { owner, holders, id } = await townOf()
  slow(owner)
  await town.startSome(6, 'fresh')
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 2 * MINUTE)
  await town.pass(2 * MINUTE)
  expect(town.repaired()).toEqual({ placed: 0, fetchedBytes: 0, sentBytes: 0 })
  expect((await kept())[0]).toBe(8)
  expect(row(owner, id).meter?.value).toBe(8)
})

test('[RPR4] where the owner has freed its copy, guardians make them, though it is there', async () => {
  const { owner, holders, id } = await townOf()
  await getToKnow(town.world, policy)
  await town.world.run(owner.peer.freeCopy(id))
  await town.startSome(6, 'fresh')
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 2 * MINUTE)
  await town.pass(MINUTE)
  expect(town.repaired().placed).toBeGreaterThanOrEqual(3)
  expect((await kept())[0]).toBeLessThanOrEqual(10)
})

test('[RPR4, RPR11] where so many are lost that nobody waits, owner and guardians make n + 2 pieces at most', async () => {
  const { owner, holders } = await townOf()
  slow(owner)
  await town.startSome(14, 'fresh')
  for (const holder of holders.slice(0, 5)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 2 * MINUTE)
  await town.pass(2 * MINUTE)
  expect((await kept())[0]).toBeLessThanOrEqual(10)
})

test('[RPR11] where the owner goes away in the middle of an urgent repair, guardians do not wait for the end of its word', async () => {
  const { owner, holders } = await townOf()
  slow(owner)
  await town.startSome(8, 'fresh')
  for (const holder of holders.slice(0, 5)) town.kill(holder)
  const sent = owner.peer.snapshot().totals.sentBytes
  await town.passUntil(() => owner.peer.snapshot().totals.sentBytes - sent > 1_000_000, lostAfterMs + MINUTE)
  expect(town.repaired().fetchedBytes).toBe(0)
  town.kill(owner)
  await town.passUntil(() => town.isWhole(8), 45 * SECOND)
})

test('[RPR11] an owner and a guardian that cannot see each other make n + 2 pieces at most', async () => {
  const { owner, holders } = await townOf()
  await town.startSome(14, 'fresh')
  const [cut, ...others] = holders as readonly [RiggedPeer, ...RiggedPeer[]]
  town.world.swarm.separate(owner.peerId, cut.peerId)
  for (const holder of others.slice(0, 3)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 2 * MINUTE)
  await town.pass(2 * MINUTE)
  expect((await kept())[0]).toBeLessThanOrEqual(10)
})
