import { expect, test } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ShardStore } from '../../ports/shard-store.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer, type World, fragmentOf } from '../../sim/world.ts'

const MIB = 1024 * 1024
/** More than greetings take, and less than a store sends before it hears of its holder's disk. */
const OFFERED_BYTES = 24 * 1024
/** Delay of the slow holder; the others need milliseconds. */
const SLOW_MS = 20_000

test('a holder that is slow does not hold up a store: somebody else gets its piece, and little is sent in vain', async () => {
  const world = createWorld()
  const slow = await world.start('slow', { shards: (store) => slowWrites(store, world.clock) })
  const holders = [slow, ...(await startHolders(world, 8))]
  const owner = await world.start('owner', { offerBytes: 0 })
  await world.until(() => owner.peer.snapshot().connection.people === 9)
  const content = bytesOf('film', 6 * MIB)
  let id = ''
  // Holders are drawn at random: store files until the slow holder is offered one.
  for (let tries = 0; sentTo(world, owner, slow) < OFFERED_BYTES; tries++) {
    ;[id = ''] = await world.run(owner.peer.storeFiles([dropped(`film ${tries}`, content)]))
    const [at, sent] = [world.clock.now(), sentTo(world, owner, ...holders)]
    await world.until(() => row(owner, id).meter?.value === 8)
    expect(world.clock.now() - at).toBeLessThan(2 * SLOW_MS)
    const { factor, n } = owner.peer.snapshot().price
    expect((sentTo(world, owner, ...holders) - sent) / (content.length * factor)).toBeLessThan((n + 2) / n)
  }
  const keeps = await world.run(slow.peer.kept())
  expect(keeps.some(({ bytes }) => bytes > MIB)).toBe(false)
  const again = await world.run(owner.peer.openFile(id))
  expect(equalBytes(await world.run(collect(again)), content)).toBe(true)
})

test('a holder that is slow does not hold up a read, and few bytes are asked for twice', async () => {
  const world = createWorld()
  let isSlow = false
  const holders = await startHolders(world, 8, (name) =>
    name === 'holder 3' ? (store) => slowReads(store, world.clock, () => isSlow) : undefined,
  )
  const owner = await world.start('owner', { offerBytes: 0 })
  await world.until(() => owner.peer.snapshot().connection.people === 8)
  const content = bytesOf('film', 12 * MIB)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film', content)]))
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).canShare === true)
  const link = await world.run(owner.peer.share(id))
  isSlow = true
  for (const name of ['reader 1', 'reader 2', 'reader 3']) {
    const reader = await world.start(name, { offerBytes: 0 })
    await world.until(() => reader.peer.snapshot().connection.people >= 8)
    const file = await world.run(reader.peer.openLink(fragmentOf(link)).file())
    const at = world.clock.now()
    expect(equalBytes(await world.run(collect(file)), content)).toBe(true)
    expect(world.clock.now() - at).toBeLessThan(5_000)
    const received = holders.reduce((sum, holder) => sum + sentTo(world, holder, reader), 0)
    expect(received / content.length).toBeLessThan(1.2)
  }
})

function sentTo({ swarm }: World, from: RiggedPeer, ...to: readonly RiggedPeer[]): number {
  return to.reduce((sum, { peerId }) => sum + swarm.bytesSent(from.peerId, peerId), 0)
}

function slowWrites(store: ShardStore, clock: Clock): ShardStore {
  return {
    ...store,
    async write(...args) {
      await clock.wait(SLOW_MS)
      return store.write(...args)
    },
  }
}

function slowReads(store: ShardStore, clock: Clock, isSlow: () => boolean): ShardStore {
  return {
    ...store,
    async read(...args) {
      if (isSlow()) await clock.wait(SLOW_MS)
      return store.read(...args)
    },
  }
}
