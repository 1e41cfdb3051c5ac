import { expect, test } from 'vitest'
import { createMemoryNetwork } from '../../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { equalBytes } from '../../core/bytes.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { getToKnow, quicklyKnown } from '../../sim/acquaintance.rig.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer, type World, fragmentOf } from '../../sim/world.ts'
import { createPacedNetwork } from '../../protocol/pace/paced-network.ts'
import { openPace } from './pace.ts'

const MIB = 1024 * 1024

test('[PAC1] a device sends and receives as fast as its owner allows, and remembers it', async () => {
  const { world, holders, owner, id, content } = await storing({ up: 1_000_000, down: 0 }, undefined, 0, quicklyKnown())
  await keepsTo(world, () => sentBy(world, [owner], holders), 1_000_000)
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).status === 'Fragile')

  await world.run(owner.peer.setRateLimits({ up: 0, down: 500_000 }))
  await getToKnow(world, quicklyKnown())
  await world.run(owner.peer.freeCopy(id))
  await world.run(owner.peer.close())
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect(again.peer.snapshot().give.limits).toEqual({ up: 0, down: 500_000 })
  await world.until(() => again.peer.snapshot().connection.people === 8)
  const reading = again.peer.openFile(id).then((file) => collect(file))
  await keepsTo(world, () => sentBy(world, holders, [owner]), 500_000)
  expect(equalBytes(await world.run(reading), content)).toBe(true)
})

test('[PAC1] a holder serves no faster than its owner allows, whoever reads', async () => {
  const { world, holders, owner, id, content } = await storing({ up: 0, down: 0 })
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).canShare === true)
  const link = await world.run(owner.peer.share(id))
  world.kill(owner)
  const [slow, fast, ...others] = holders
  if (slow === undefined || fast === undefined) throw new Error('two holders')
  for (const holder of others) world.kill(holder)
  await world.run(slow.peer.setRateLimits({ up: 200_000, down: 0 }))
  const readers = [await world.start('reader 1', { offerBytes: 0 }), await world.start('reader 2', { offerBytes: 0 })]
  const reading = readers.map(async ({ peer }) => collect(await peer.openLink(fragmentOf(link)).file()))
  await keepsTo(world, () => sentBy(world, [slow], readers), 200_000)
  for (const read of reading) expect(equalBytes(await world.run(read), content)).toBe(true)
})

test.each([
  { others: 0, beside: 'nobody else' },
  { others: 4, beside: 'people who get nothing' },
])('[PAC3] a store does not fill the line that others at home use, and uses it all the same: beside $beside', async ({ others }) => {
  const { world, holders, owner, id } = await storing({ up: 0, down: 0 }, { up: 1_000_000, down: Infinity, delayMs: 10 }, others)
  await world.until(() => sentBy(world, [owner], holders) > 12_000_000)
  const [from, at] = [sentBy(world, [owner], holders), world.clock.now()]
  let longestMs = 0
  await world.until(() => {
    longestMs = Math.max(longestMs, world.lines.queueMs(owner.peerId))
    return sentBy(world, [owner], holders) > from + 6_000_000
  })
  expect(longestMs).toBeLessThan(250)
  expect((sentBy(world, [owner], holders) - from) / ((world.clock.now() - at) / 1000)).toBeGreaterThan(800_000)
  await world.until(() => row(owner, id).meter?.value === 8)
})

test('[PAC3] a device that sends to somebody with a slow line is not slow for others', async () => {
  const { world, holders, owner, id } = await storing({ up: 0, down: 0 }, { up: Infinity, down: Infinity, delayMs: 25 })
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).canShare === true)
  const link = fragmentOf(await world.run(owner.peer.share(id)))
  world.kill(owner)
  const slow = await world.start('slow', { offerBytes: 0 })
  world.lines.set(slow.peerId, { up: Infinity, down: 300_000, delayMs: 25 })
  const crawling = slow.peer.openLink(link).file().then(collect)
  await world.until(() => sentBy(world, holders, [slow]) > 4_500_000)
  const fast = await world.start('fast', { offerBytes: 0 })
  const file = await world.run(fast.peer.openLink(link).file())
  const at = world.clock.now()
  await world.run(collect(file))
  expect(world.clock.now() - at).toBeLessThan(4000)
  await world.run(crawling)
})

async function storing(
  limits: { readonly up: number; readonly down: number },
  line?: { up: number; down: number; delayMs: number },
  others = 0,
  policy = defaultPolicy,
) {
  const world = createWorld({ policy })
  const holders = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  for (let i = 0; i < others; i++) await world.start(`other ${i}`, { offerBytes: 0 })
  await world.until(() => owner.peer.snapshot().people.filter(({ isDirect }) => isDirect).length >= 8 + Math.min(others, 2))
  if (line !== undefined) world.lines.set(owner.peerId, line)
  await world.run(owner.peer.setRateLimits(limits))
  const content = bytesOf('film', 6 * MIB)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film.bin', content)]))
  return { world, holders, owner, id, content }
}

function sentBy({ swarm }: World, from: readonly RiggedPeer[], to: readonly RiggedPeer[]): number {
  return from.flatMap((sender) => to.map(({ peerId }) => swarm.bytesSent(sender.peerId, peerId))).reduce((sum, bytes) => sum + bytes, 0)
}

/** Asserts that `total` grows by `rate` bytes per second, within 10 %, for four seconds once it has got going. */
async function keepsTo({ clock, until }: World, total: () => number, rate: number): Promise<void> {
  const start = total()
  await until(() => total() > start + 2 * rate)
  const [from, at] = [total(), clock.now()]
  await until(() => clock.now() >= at + 4000)
  const seen = (total() - from) / ((clock.now() - at) / 1000)
  expect(Math.abs(seen / rate - 1)).toBeLessThan(0.1)
}

test('[PAC3] a device wakes once after a short message where nothing is to be measured, and eight times after bulk', async () => {
  const clock = createVirtualClock()
  let rounds = 0
  const counted = {
    ...clock,
    wait: (ms: number, options?: { readonly signal?: AbortSignal }) => {
      if (ms === 250) rounds++
      return clock.wait(ms, options)
    },
  }
  const swarm = createMemoryNetwork({ backPressure: 'none' })
  const [near, far] = [1, 2].map((seed) => createDeviceSigner(new Uint8Array(32).fill(seed)).peerId)
  if (near === undefined || far === undefined) throw new Error('two peers')
  swarm.join(far).network.handle('sink', () => new Promise(() => undefined), { maxInbound: 1 })
  const paced = createPacedNetwork(swarm.join(near).network, counted)
  const closing = new AbortController()
  const catalog = { get: async () => undefined, all: async () => [], commit: async () => undefined }
  await openPace({ catalog, clock: counted }, paced, { known: () => undefined, near: () => [] }, closing.signal)
  const channel = await paced.network.open(far, 'sink')
  for (const [bytes, expected] of [
    [200, 1],
    [100_000, 9],
    [200, 1],
  ] as const) {
    rounds = 0
    await channel.write(new Uint8Array(bytes))
    await clock.advance(20_000)
    expect([bytes, rounds]).toEqual([bytes, expected])
  }
  closing.abort()
})
