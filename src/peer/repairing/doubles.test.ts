import { afterEach, expect, test } from 'vitest'
import type { RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const MINUTE = 60_000
const { lostAfterMs } = quickPolicy.presence
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

/** Returns the index of the piece of the longest segment that each person who runs keeps. */
async function indices(): Promise<ReadonlyMap<RiggedPeer, number>> {
  const kept = await Promise.all(town.living().map(async (rigged) => ({ rigged, rows: await town.world.run(rigged.peer.kept()) })))
  const longest = Math.max(...kept.flatMap(({ rows }) => rows.map(({ bytes }) => bytes)))
  return new Map(kept.flatMap(({ rigged, rows }) => rows.flatMap(({ bytes, index }) => (bytes === longest ? [[rigged, index]] : []))))
}

test('[RPR10] where everybody keeps a piece already, those who keep copies take what is missing: eight people end with eight pieces', async () => {
  town = createTown()
  const { holders } = await town.orphan(8)
  const gone = holders.slice(0, 5)
  for (const holder of gone) town.kill(holder)
  const fresh = await town.startSome(5, 'fresh')
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 3 * MINUTE)
  const returned: RiggedPeer[] = []
  for (const { name, files } of gone) returned.push(await town.start(name, { files }))
  // Nobody gives way to a claim: those who came back are checked first, by everybody.
  await town.pass(4 * MINUTE)
  const before = await indices()
  const isCopy = (peer: RiggedPeer): boolean => returned.some((other) => before.get(other) === before.get(peer))
  const copies = fresh.filter(isCopy)
  expect(copies.length).toBe(3)
  // Five who came back, with five pieces, and three who keep copies of theirs are left.
  for (const peer of town.living()) if (!returned.includes(peer) && !copies.includes(peer)) town.kill(peer)
  const different = async (): Promise<number> => new Set((await indices()).values()).size
  expect([town.living().length, await different()]).toEqual([8, 5])
  await town.passUntil(async () => (await different()) === 8, lostAfterMs + 3 * MINUTE)
  expect((await indices()).size).toBe(8)
})
