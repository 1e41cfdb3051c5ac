import { afterEach, expect, test } from 'vitest'
import { readAs, type RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const { lostAfterMs } = quickPolicy.presence
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

/** Ends every line between two of `people` whose places in a ring are more than two apart, and returns these pairs. */
function leaveRing(people: readonly RiggedPeer[]): readonly (readonly [RiggedPeer, RiggedPeer])[] {
  const apart = people.flatMap((one, at) =>
    people.slice(at + 1).flatMap((other, after) => {
      const steps = Math.min(after + 1, people.length - after - 1)
      return steps > 2 ? [[one, other] as const] : []
    }),
  )
  for (const [one, other] of apart) town.world.swarm.disconnect(one.peerId, other.peerId)
  return apart
}

test('[BEA5, RPR2] with all relays gone people find each other by the hops of beacons, and what is lost is repaired', async () => {
  town = createTown(quickPolicy, 'town', 'by hops')
  const { holders, path, content } = await town.orphan(8)
  const reader = await town.start('reader', { offerBytes: 0 })
  await town.startSome(4, 'fresh')
  await town.pass(10 * SECOND)
  town.world.killRelay()
  const { bytesSent } = town.world.swarm
  const apart = leaveRing(town.living()).map(([one, other]) => ({ one, other, sent: bytesSent(one.peerId, other.peerId) }))
  for (const at of [0, 3, 6]) town.kill(holders[at] as RiggedPeer)
  await town.passUntil(() => town.isWhole(), lostAfterMs + 3 * MINUTE)
  expect(town.repaired().placed).toBeGreaterThan(0)
  const here = new Set(town.living())
  const pairs = apart.filter(({ one, other }) => here.has(one) && here.has(other))
  const met = pairs.filter(({ one, other, sent }) => bytesSent(one.peerId, other.peerId) > sent)
  expect(met.length).toBe(pairs.length)
  expect(await readAs(town.world, reader, path)).toEqual(content)
})
