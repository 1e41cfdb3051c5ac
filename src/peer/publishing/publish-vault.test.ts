import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { personName } from '../../core/names.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Network } from '../../ports/network.ts'
import { stateOf } from '../vault/shared-vault.rig.ts'
import { createWorld, startHolders, type World } from '../../sim/world.ts'
import { folders, policy, quick, renamed, SECOND, startDevice, takeFound, whole, type VaultDevice } from './publishing.rig.ts'

const MINUTE = 60 * SECOND

test('[VLT28] a vault of 100 entries that its device gave to 12 people comes back by its words alone, when half of them are gone', async () => {
  const world = createWorld({ policy })
  const holders = await startHolders(world, 12)
  const a = await startDevice(world, 'a')
  await world.run(a.vault.commit(folders(60)))
  const publishing = a.publish()
  await world.until(() => publishing.published().people === 8)
  await world.run(a.vault.commit(folders(40, 100)))
  await whole(world, a, publishing)
  const state = stateOf(a)
  a.kill()
  await end(world, holders.slice(0, 5))
  const b = await startDevice(world, 'b')
  const found = await takeFound(world, b)
  // The folders, and what the device is.
  expect([found.files, found.entries.size, found.unread, found.label]).toEqual([0, 101, 0, personName(a.rigged.peerId)])
  expect(stateOf(b)).toBe(state)
  expect(b.vault.tree.namesIn(null).size).toBe(100)
})

test('[LOG5] an edit leaves after two seconds of quiet, ten at the latest, and one rename costs less than 10 KiB on the wire', async () => {
  const world = createWorld({ policy })
  await startHolders(world, 12)
  const wire = { bytes: 0 }
  const a = await startDevice(world, 'a', { network: (inner) => countedBytes(inner, wire) })
  await world.run(a.vault.commit(folders(60)))
  const publishing = a.publish(() => false)
  await whole(world, a, publishing)
  await world.advance(MINUTE)
  // What passes without an edit, such as beacons, in as much time.
  const [idle, sent] = [{ ...wire }, publishing.published().at ?? 0]
  await world.advance(15 * SECOND)
  const beside = wire.bytes - idle.bytes
  const before = wire.bytes
  const at = world.clock.now()
  await world.run(a.vault.commit([renamed(3, 'renamed')]))
  await world.until(() => publishing.published().people === 8 && (publishing.published().at ?? 0) > Math.max(sent, at))
  expect(world.clock.now() - at).toBeGreaterThanOrEqual(2 * SECOND)
  expect(world.clock.now() - at).toBeLessThan(4 * SECOND)
  await world.advance(15 * SECOND - (world.clock.now() - at))
  expect(wire.bytes - before - beside).toBeLessThan(10 * 1024)
  expect(wire.bytes).toBeGreaterThan(before)
  // Edits once a second never leave two seconds of quiet.
  const begun = world.clock.now()
  const sentBefore = publishing.published().at ?? 0
  while ((publishing.published().at ?? 0) <= sentBefore && world.clock.now() - begun < 20 * SECOND) {
    await world.run(a.vault.commit([renamed(3, `at ${world.clock.now()}`)]))
    await world.advance(SECOND)
  }
  expect((publishing.published().at ?? Infinity) - begun).toBeGreaterThan(8 * SECOND)
  expect((publishing.published().at ?? Infinity) - begun).toBeLessThan(13 * SECOND)
})

test('[VLT28] while too few people are there it is on this device only, and goes out once they have come', async () => {
  const world = createWorld({ policy })
  await startHolders(world, 4)
  const a = await startDevice(world, 'a')
  await world.run(a.vault.commit(folders(3)))
  const publishing = a.publish()
  await world.advance(2 * MINUTE)
  expect(publishing.published()).toEqual({ people: 0, at: undefined, isBehind: false })
  expect(a.vault.told().isToList).toBe(true)
  await startHolders(world, 8, () => undefined, 'late')
  await whole(world, a, publishing)
  expect(a.vault.told().entries.length).toBeGreaterThan(0)
})

test('[LOG5] [VLT28] a second device has what the first one wrote within a minute, or when it wakes, and goes on when that one is lost', async () => {
  const world = createWorld({ policy })
  await startHolders(world, 12)
  const a = await startDevice(world, 'a')
  await world.run(a.vault.commit(folders(20)))
  const atA = a.publish()
  await whole(world, a, atA)
  const b = await startDevice(world, 'b')
  const atB = b.publish(() => false)
  await isSame(world, b, a)
  expect(b.vault.told().isToList).toBe(false)
  await world.advance(MINUTE)
  // Nobody looks at the page of the second device: it asks when it is woken.
  await world.run(a.vault.commit([renamed(3, 'from a')]))
  await whole(world, a, atA)
  await world.advance(2 * MINUTE)
  expect(stateOf(b)).not.toBe(stateOf(a))
  atB.wake()
  await isSame(world, b, a, 5)
  await world.run(b.vault.commit([renamed(4, 'from b'), ...folders(600, 300)]))
  await whole(world, b, atB)
  await isSame(world, b, a, 62)
  a.kill()
  await world.run(b.vault.commit([renamed(5, 'alone')]))
  await whole(world, b, atB)
  const state = stateOf(b)
  b.kill()
  const c = await startDevice(world, 'c')
  await takeFound(world, c)
  expect(stateOf(c)).toBe(state)
})

test('[VLT27] [CHA5] what a newer list names no more is retired, and its holders let it go', async () => {
  const world = createWorld({ policy: quick })
  const holders = await startHolders(world, 8)
  const a = await startDevice(world, 'a')
  await world.run(a.vault.commit(folders(600)))
  const publishing = a.publish()
  await whole(world, a, publishing)
  const [first] = a.vault.told().layers
  await world.run(a.vault.commit(folders(900, 600)))
  await whole(world, a, publishing)
  expect(a.vault.told().layers.some(({ segmentId }) => segmentId === first?.segmentId)).toBe(false)
  const kept = async () => (await world.run(Promise.all(holders.map(({ peer }) => peer.kept())))).flat()
  const segments = async () => new Set((await kept()).map(({ segmentId }) => segmentId)).size
  expect(await segments()).toBeGreaterThan(a.vault.told().layers.length)
  await world.advance(MINUTE)
  publishing.wake()
  await world.advance(20 * SECOND)
  expect([a.vault.told().replaced.length, await segments()]).toEqual([0, a.vault.told().layers.length])
  const state = stateOf(a)
  a.kill()
  const b = await startDevice(world, 'b')
  await takeFound(world, b)
  expect(stateOf(b)).toBe(state)
})

test('[VLT28] a device that is killed at any moment of its first publishing goes on at its next start', async () => {
  for (let last = 1; last <= 16; last += 3) {
    const world = createWorld({ policy, seed: `killed ${last}` })
    await startHolders(world, 9)
    const files = createMemoryFiles()
    let [isReady, commits] = [false, 0]
    const dying: { device?: VaultDevice } = {}
    const catalog = (inner: Catalog): Catalog => ({
      ...inner,
      async commit(changes) {
        if (isReady && changes.some(({ table }) => table === 'journal' || table === 'self' || table === 'vault-log')) {
          if (++commits === last) dying.device?.kill()
          if (commits >= last) return new Promise(() => undefined)
        }
        return inner.commit(changes)
      },
    })
    const device = await startDevice(world, 'a', { files, catalog })
    dying.device = device
    await world.run(device.vault.commit(folders(30)))
    isReady = true
    device.publish()
    await world.until(() => commits >= last)
    const again = await startDevice(world, 'a', { files })
    // The first commit of a publishing is the entry of the device itself.
    expect([last, again.vault.entries.size, again.vault.isCopied]).toEqual([last, last === 1 ? 30 : 31, false])
    await whole(world, again, again.publish())
    const state = stateOf(again)
    again.kill()
    const b = await startDevice(world, 'b')
    await takeFound(world, b)
    expect([last, stateOf(b) === state]).toEqual([last, true])
  }
})

/** Counts what the group conversations of a peer carry, both ways. */
function countedBytes(inner: Network, wire: { bytes: number }): Network {
  return {
    ...inner,
    async open(peer, protocol, options) {
      const channel = await inner.open(peer, protocol, options)
      return {
        ...channel,
        write(bytes) {
          wire.bytes += bytes.length
          return channel.write(bytes)
        },
        async read(reading) {
          const bytes = await channel.read(reading)
          wire.bytes += bytes?.length ?? 0
          return bytes
        },
      }
    },
  }
}

async function end(world: World, holders: readonly Awaited<ReturnType<typeof startHolders>>[number][]): Promise<void> {
  for (const holder of holders) world.kill(holder)
  await world.advance(MINUTE)
}

/** Waits until two devices have one state. Throws when that takes longer than so many seconds. */
async function isSame(world: World, a: VaultDevice, b: VaultDevice, withinSeconds = 60): Promise<void> {
  const end = world.clock.now() + withinSeconds * SECOND
  while (a.vault.entries.size !== b.vault.entries.size || stateOf(a) !== stateOf(b)) {
    expect(world.clock.now()).toBeLessThanOrEqual(end)
    await world.advance(SECOND)
  }
}
