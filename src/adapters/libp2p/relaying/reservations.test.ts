import { afterEach, expect, test } from 'vitest'
import { createTestSwarm, until } from '../../../relay/swarm.rig.ts'

const swarm = createTestSwarm()
afterEach(() => swarm.close())

test('places asked for at the same time are all answered', async () => {
  const relays = await Promise.all(Array.from({ length: 4 }, () => swarm.relay()))
  const peer = await swarm.peer(relays.slice(0, 3).map((relay) => relay.address))
  await Promise.all(relays.slice(3).map((relay) => peer.control.addRelay(relay.address)))
  await until(peer.network, ({ hops }) => hops.length === relays.length)
  expect(relays.map((relay) => relay.running().metrics().relay_reservations)).toEqual([1, 1, 1, 1])
})
