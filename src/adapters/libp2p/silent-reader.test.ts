import { afterEach, expect, test } from 'vitest'
import { codeOf } from '../../core/errors.ts'
import { sendMessage } from '../../protocol/conversation.ts'
import { LEAST_WINDOW_BYTES } from '../../protocol/limits.ts'
import { shardAnswers, shardRequests } from '../../protocol/shard-messages.ts'
import { askToStore } from '../../protocol/store-shard.ts'
import { createTrafficMeter } from '../../protocol/pace/traffic.ts'
import { createWire } from '../../protocol/wire.ts'
import { createVirtualClock } from '../memory/virtual-clock.ts'
import { createTestSwarm, reachable } from '../../relay/swarm.rig.ts'

const MIB = 1024 * 1024
const swarm = createTestSwarm()
afterEach(() => swarm.close())

test('[STO3] a holder that stops reading costs the sender one window, and is given up after 30 s', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  const clock = createVirtualClock()
  b.network.handle(
    '/scatterhoard/shard/1',
    async (channel) => {
      const wire = createWire(channel, clock)
      shardRequests.decode(await wire.readFrame(65_536))
      await sendMessage(wire, shardAnswers, { is: 'wanted', from: 0 })
      await new Promise(() => undefined)
    },
    { maxInbound: 1 },
  )
  await Promise.all([a, b].map(reachable))
  const { network, totals } = createTrafficMeter(a.network, clock)
  const few = new Uint8Array(8)
  const turn = await askToStore(network, clock, b.network.self, { descriptor: few, charter: few, index: 0 })
  if (turn.is !== 'wanted') throw new Error('the holder has it already')
  let end: string | undefined
  const sending = turn.send(new Uint8Array(16 * MIB)).catch((error: unknown) => (end = codeOf(error)))
  // A real connection needs turns of the event loop, while the clock stands still.
  while (totals().sentBytes < LEAST_WINDOW_BYTES) await new Promise((resolve) => setImmediate(resolve))
  for (let turns = 0; turns < 1_000; turns++) await new Promise((resolve) => setImmediate(resolve))
  expect(totals().sentBytes).toBeLessThan(LEAST_WINDOW_BYTES + 1_000)
  await clock.advance(29_999)
  expect(end).toBe(undefined)
  await clock.advance(1)
  await sending
  expect(end).toBe('holder-silent')
  expect(totals().sentBytes).toBeLessThan(LEAST_WINDOW_BYTES + 1_000)
})
