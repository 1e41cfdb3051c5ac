import { afterEach, expect, test } from 'vitest'
import { readByLink, type RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE
const { lostAfterMs } = quickPolicy.presence
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

/** Returns the pieces that somebody keeps, in an order that a restart does not change. */
const keptBy = async ({ peer }: RiggedPeer) =>
  (await town.world.run(peer.kept())).toSorted((a, b) => a.segmentId.localeCompare(b.segmentId))

/** Starts two people with wrong clocks before eight others, and stores a file with all ten whose owner then goes for good. */
async function storeAmongWrongClocks() {
  town = createTown()
  const ahead = await town.start('ahead', { clockAheadMs: 400 * DAY })
  const behind = await town.start('behind', { clockAheadMs: -3 * DAY })
  const orphaned = await town.orphan(8)
  return { ...orphaned, wrong: [ahead, behind] as const }
}

test('[PRS3] a holder 400 days ahead and one three days behind cost nobody a repair, a piece or a check', async () => {
  const { path, content, wrong } = await storeAmongWrongClocks()
  const before = await Promise.all(town.living().map(keptBy))
  for (const holder of wrong) expect((await keptBy(holder)).length).toBeGreaterThan(0)
  await town.pass(4 * lostAfterMs)
  expect(town.repaired().placed).toBe(0)
  expect(await Promise.all(town.living().map(keptBy))).toEqual(before)
  expect(await readByLink(town.world, path)).toEqual(content)
})

test.each([
  ['400 days ahead', 400 * DAY],
  ['three days behind', -3 * DAY],
])('[PRS3] two holders who are left over, their clocks %s, see that the others are lost, and repair', async (_name, clockAheadMs) => {
  town = createTown()
  for (const name of ['ada', 'bob']) await town.start(name, { clockAheadMs })
  const { holders, path, content } = await town.orphan(6)
  await town.startSome(8, 'fresh')
  await town.pass(10 * SECOND)
  for (const holder of holders) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 2 * MINUTE)
  expect(await readByLink(town.world, path)).toEqual(content)
})

test('[RPR9] people with wrong clocks are given lost pieces, and keep them', async () => {
  town = createTown()
  const { holders } = await town.orphan(8)
  const wrong = [await town.start('ahead', { clockAheadMs: 400 * DAY }), await town.start('behind', { clockAheadMs: -3 * DAY })]
  await town.startSome(1, 'fresh')
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 3 * MINUTE)
  const { placed } = town.repaired()
  await town.pass(2 * lostAfterMs)
  for (const holder of wrong) expect((await keptBy(holder)).length).toBeGreaterThan(0)
  expect(town.repaired().placed).toBe(placed)
})

test('[PRS3] holders that come back with a clock set wrong drop nothing, take nobody for lost, and count', async () => {
  town = createTown()
  const { holders, path, content } = await town.orphan(10)
  const before = await Promise.all(holders.map(keptBy))
  const [ada, bob] = holders as readonly [RiggedPeer, RiggedPeer]
  for (const [{ name, files }, clockAheadMs] of [
    [ada, 400 * DAY],
    [bob, -3 * DAY],
  ] as const) {
    town.kill(name === ada.name ? ada : bob)
    await town.pass(5 * SECOND)
    await town.start(name, { files, clockAheadMs })
  }
  await town.pass(4 * lostAfterMs)
  expect(town.repaired().placed).toBe(0)
  const after = await Promise.all(holders.map(({ name }) => keptBy(town.living().find((each) => each.name === name) as RiggedPeer)))
  expect(after).toEqual(before)
  for (const holder of holders.slice(2, 5)) town.kill(holder)
  await town.startSome(3, 'fresh')
  await town.passUntil(() => town.isWhole(), lostAfterMs + 3 * MINUTE)
  expect(await readByLink(town.world, path)).toEqual(content)
})

test('[KEE3] what its owner ends is ended with holders whose clocks are wrong, and freed in its time once one of them is set right', async () => {
  town = createTown({ ...quickPolicy, trash: { ...quickPolicy.trash, holderMs: MINUTE } })
  const ahead = await town.start('ahead', { clockAheadMs: 400 * DAY })
  const behind = await town.start('behind', { clockAheadMs: -3 * DAY })
  await town.startSome(6, 'holder')
  const { owner } = await town.store('film', 400_000)
  await town.pass(10 * SECOND)
  const used = ({ peer }: RiggedPeer): number => peer.snapshot().give.usedBytes
  const usedBefore = used(ahead)
  const [{ id } = { id: '' }] = owner.peer.snapshot().files
  await town.world.run(owner.peer.remove(id))
  await town.passUntil(async () => (await town.known()).length === 0, MINUTE)
  expect([(await keptBy(ahead)).length, (await keptBy(behind)).length]).toEqual([0, 0])
  town.kill(ahead)
  const right = await town.start(ahead.name, { files: ahead.files })
  expect(used(right)).toBeGreaterThan(usedBefore / 2)
  await town.pass(2 * MINUTE)
  expect(used(right)).toBeLessThan(usedBefore / 10)
  expect(used(behind)).toBeLessThan(usedBefore / 10)
})
