import { expect, it } from 'vitest'
import { createMemoryNetwork } from '../../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import type { ChannelHandler } from '../../ports/network.ts'
import { createTrafficMeter } from './traffic.ts'

const nameOf = (number: number) =>
  peerIdOf(
    new Uint8Array(32)
      .fill(1)
      .fill(number >> 8, 1, 2)
      .fill(number & 255, 2, 3),
  )

it('counts bytes when they come, not when they are read, and both directions of each peer', async () => {
  const world = createMemoryNetwork({ backPressure: 'none' })
  const [ada, bob] = [nameOf(1), nameOf(2)]
  const { network, of, totals } = createTrafficMeter(world.join(ada).network, createVirtualClock())
  const handle: ChannelHandler = async (channel) => {
    await channel.write(new Uint8Array(300))
    await new Promise(() => undefined)
  }
  world.join(bob).network.handle('/test/1', handle, { maxInbound: 1 })
  const channel = await network.open(bob, '/test/1')
  await channel.write(new Uint8Array(20))
  expect(of(bob)).toEqual({ sentBytes: 20, receivedBytes: 300 })
  expect((await channel.read())?.length).toBe(300)
  expect([of(bob), totals()]).toEqual([totals(), { sentBytes: 20, receivedBytes: 300 }])
  expect(of(ada)).toEqual({ sentBytes: 0, receivedBytes: 0 })
})

it('remembers the 4,096 peers that were met last', async () => {
  const world = createMemoryNetwork({ backPressure: 'none' })
  const { network, of } = createTrafficMeter(world.join(nameOf(0)).network, createVirtualClock())
  const say = async (number: number) => {
    world.join(nameOf(number)).network.handle('/test/1', () => new Promise(() => undefined), { maxInbound: 1 })
    await (await network.open(nameOf(number), '/test/1')).write(new Uint8Array(7))
  }
  for (let number = 1; number <= 4_097; number++) await say(number)
  expect([1, 2, 4_097].map((number) => of(nameOf(number)).sentBytes)).toEqual([0, 7, 7])
})
