import { afterEach, expect, test } from 'vitest'
import type { Network } from '../../ports/network.ts'
import { protocolOf } from '../../protocol/conversation.ts'
import { readByLink, type RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const { lostAfterMs } = quickPolicy.presence
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

const keptBy = async ({ peer }: RiggedPeer) => town.world.run(peer.kept())
const bytesKeptBy = async (holder: RiggedPeer): Promise<number> => (await keptBy(holder)).reduce((sum, { bytes }) => sum + bytes, 0)

test('[RPR2] a file outlives all who kept it first: after each loss every segment is back at m', async () => {
  town = createTown()
  const { holders, path, content } = await town.orphan(10, 2_000_000)
  const givenBefore = town.givenBytes()
  let lostBytes = 0
  for (const [at, holder] of holders.entries()) {
    lostBytes += await bytesKeptBy(holder)
    town.kill(holder)
    await town.start(`fresh ${at}`)
    await town.passUntil(town.isWhole, lostAfterMs + MINUTE)
    expect((await town.known())[0]).toBeGreaterThanOrEqual(2)
  }
  const { fetchedBytes, placed } = town.repaired()
  expect(placed).toBeGreaterThanOrEqual(10)
  // Two leaves show each new holder that the segment exists.
  const movedBytes = town.givenBytes() - givenBefore + fetchedBytes + placed * 2 * 65_536
  expect(movedBytes).toBeLessThan(6 * lostBytes)
  expect(await readByLink(town.world, path)).toEqual(content)
})

test('[RPR2] where the policy has no guardians, what is lost stays lost', async () => {
  town = createTown({ ...quickPolicy, guardian: { ...quickPolicy.guardian, enabled: false } })
  const { holders } = await town.orphan(8)
  await town.startSome(3, 'fresh')
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.pass(2 * lostAfterMs)
  expect([town.repaired().placed, (await town.known()).every((known) => known === 5)]).toEqual([0, true])
})

test('[RPR2] [RPR13] where only one person is there to take a piece a repair stops at m, and goes on up to n with nothing fetched once more come', async () => {
  town = createTown()
  const { holders } = await town.orphan(8)
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.start('first')
  await town.passUntil(town.isWhole, lostAfterMs + MINUTE)
  await town.pass(MINUTE)
  const { fetchedBytes, placed } = town.repaired()
  expect([(await town.known())[0], placed]).toEqual([6, (await town.known()).length])
  await town.startSome(2, 'later')
  await town.passUntil(() => town.isWhole(8), 2 * MINUTE)
  expect(town.repaired().fetchedBytes).toBe(fetchedBytes)
})

test('[PRS3] a holder that was killed and comes back with its storage counts at once, and nothing is repaired because of it', async () => {
  town = createTown()
  const { holders } = await town.orphan(10)
  const gone = holders.slice(0, 3)
  for (const holder of gone) town.kill(holder)
  await town.pass(lostAfterMs - 20 * SECOND)
  for (const { name, files } of gone) await town.start(name, { files })
  await town.pass(3 * MINUTE)
  expect(town.repaired().placed).toBe(0)
})

test('[RPR12] four of twelve that were repaired return together: at most two pieces are placed in the next minute', async () => {
  town = createTown()
  const { holders } = await town.orphan(12)
  const gone = holders.slice(0, 4)
  for (const holder of gone) town.kill(holder)
  await town.startSome(4, 'fresh')
  await town.passUntil(() => town.isWhole(), lostAfterMs + MINUTE)
  await town.pass(MINUTE)
  const before = town.repaired().placed
  expect(before).toBeGreaterThan(0)
  for (const { name, files } of gone) await town.start(name, { files })
  await town.pass(MINUTE)
  expect(town.repaired().placed - before).toBeLessThanOrEqual(2)
})

test('[RPR8] a guardian that is cut off from everybody but two repairs nothing', async () => {
  town = createTown()
  const { holders } = await town.orphan(10)
  const [cut, ...others] = holders as readonly [RiggedPeer, ...RiggedPeer[]]
  for (const other of others.slice(2)) town.world.swarm.separate(cut.peerId, other.peerId)
  await town.pass(6 * MINUTE)
  expect(cut.peer.snapshot().repair).toEqual({ placed: 0, fetchedBytes: 0, sentBytes: 0 })
})

test('[RPR9] where nobody is left to keep a piece, guardians say and ask nothing for nothing', async () => {
  const groupStreams: number[] = []
  for (const enabled of [false, true]) {
    let opened = 0
    town = createTown({ ...quickPolicy, guardian: { ...quickPolicy.guardian, enabled } })
    const holders: RiggedPeer[] = []
    for (let at = 0; at < 8; at++) {
      const network = (own: Network): Network => ({
        ...own,
        open: (peer, protocol, options) => {
          if (protocol === protocolOf('group')) opened++
          return own.open(peer, protocol, options)
        },
      })
      holders.push(await town.start(`holder ${at}`, { network }))
    }
    const { owner } = await town.store('film', 2_000_000)
    await town.pass(45 * SECOND)
    for (const gone of [owner, ...holders.slice(0, 3)]) town.kill(gone)
    await town.pass(lostAfterMs + MINUTE)
    opened = 0
    await town.pass(5 * MINUTE)
    groupStreams.push(opened)
    if (!enabled) for (const { peer } of town.living()) void peer.close()
  }
  const [without = 0, withGuardians = 0] = groupStreams
  expect(withGuardians).toBeLessThan(1.3 * without)
})
