import { expect, test } from 'vitest'
import { createLyingShardStore } from '../../adapters/memory/lying-shard-store.ts'
import { SLAB_DIRECTORY } from '../../adapters/storage/slabs/slab-layout.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import { protocolOf } from '../../protocol/conversation.ts'
import { refused } from '../../protocol/refusal.ts'
import { handleShard } from '../../protocol/shard.ts'
import { bytesOf, createWorld, collect, dropped, fragmentOf, row, type PeerOptions, type RiggedPeer, type World } from '../../sim/world.ts'
import { openConductBook, type ConductBook } from '../people/evidence/conduct-book.ts'
import { openPersonBook } from '../people/presence/person-book.ts'

const MINUTE = 60_000
/** A check each minute, and an eighth of lostAfterMs is a minute as well. */
const policy = { ...defaultPolicy, audit: { leavesPerDay: 1_440 }, presence: { ...defaultPolicy.presence, lostAfterMs: 8 * MINUTE } }

test('[EVD7] holders and owner check each other by themselves, a liar is damned by all, and who serves is not', async () => {
  const { world, start, bookOf, liesOf, store } = desk()
  const liar = await start('liar', { shards: (shards) => createLyingShardStore(shards, 3, 'flip', 1) })
  const holders = [liar]
  for (const name of ['bob', 'cyd', 'dan', 'eve']) holders.push(await start(name))
  const { owner } = await store(5)
  await steadily(world, 62 * MINUTE)
  for (const each of [owner, ...holders.slice(1)]) {
    expect([each.name, await liesOf(each, liar.peerId)]).toEqual([each.name, 1])
    const book = await bookOf(each)
    const others = holders.slice(1).filter(({ peerId }) => peerId !== each.peerId)
    const seen = others.map(({ peerId }) => [book.of(peerId).checks.length > 0, book.of(peerId).errors])
    expect([each.name, seen]).toEqual([each.name, others.map(() => [true, 0])])
  }
})

test('[EVD1] every leaf of a read counts: a reader knows those who served it', async () => {
  const { world, start, bookOf, store } = desk()
  const holders: RiggedPeer[] = []
  for (const name of ['bob', 'cyd', 'dan']) holders.push(await start(name))
  const { owner, id } = await store(3)
  await world.until(() => row(owner, id).canShare === true)
  const link = await world.run(owner.peer.share(id))
  const reader = await start('reader', { offerBytes: 0 })
  const opened = reader.peer.openLink(fragmentOf(link))
  await world.run(opened.file().then((file) => collect(file)))
  opened.close()
  await steadily(world, 62 * MINUTE)
  const book = await bookOf(reader)
  expect(holders.filter(({ peerId }) => book.of(peerId).checks.length > 0).length).toBeGreaterThanOrEqual(2)
})

test('[EVD8] an orderly close writes down what was found out since the last hour', async () => {
  const { world, start, bookOf, store } = desk()
  const holders: RiggedPeer[] = []
  for (const name of ['bob', 'cyd', 'dan']) holders.push(await start(name))
  const { owner } = await store(3)
  await steadily(world, 5 * MINUTE)
  const before = await bookOf(owner)
  await world.run(owner.peer.close())
  const after = await bookOf(owner)
  const latest = (book: ConductBook) => Math.max(...holders.map(({ peerId }) => book.triedAt(peerId) ?? 0))
  expect(latest(before)).toBeLessThan(world.clock.now() - 2 * MINUTE)
  expect(latest(after)).toBeGreaterThan(world.clock.now() - 2 * MINUTE)
})

test('[EVD4] a holder that comes back without its pieces says so by its storeEpoch, and all that it claimed is void', async () => {
  const { world, start, bookOf, store } = desk()
  const holders: RiggedPeer[] = []
  for (const name of ['bob', 'cyd', 'dan']) holders.push(await start(name))
  const [bob] = holders
  if (bob === undefined) throw new Error('three holders')
  const { owner } = await store(3)
  world.kill(bob)
  for (const path of bob.files.paths()) if (path.startsWith(SLAB_DIRECTORY)) await bob.files.remove(path)
  const backAt = world.clock.now()
  await start('bob', { files: bob.files })
  await steadily(world, 62 * MINUTE)
  for (const each of [owner, ...holders.slice(1)]) {
    const book = await bookOf(each)
    expect([each.name, book.of(bob.peerId).voidedAt >= backAt]).toEqual([each.name, true])
    expect(holders.slice(1).map(({ peerId }) => book.of(peerId).voidedAt)).toEqual([0, 0])
  }
})

test('[EVD4] an owner gives up the piece of a holder that does not know it, also after a restart, and keeps those of others', async () => {
  const { world, start, store } = desk()
  let isForgetful = false
  const forgets = (network: Network): Network => forgetful(network, world.clock, () => isForgetful)
  await start('bob', { network: forgets })
  for (let at = 1; at < 8; at++) await start(`holder ${at}`)
  const { owner, id } = await store(8)
  await world.until(() => row(owner, id).canShare === true && row(owner, id).explanation?.is !== 'placing')
  isForgetful = true
  await world.until(() => row(owner, id).meter?.value === 7, 20 * MINUTE)
  await steadily(world, 20 * MINUTE)
  expect(row(owner, id).meter?.value).toBe(7)
  await world.run(owner.peer.close())
  const again = await start('owner', { offerBytes: 0, files: owner.files })
  expect(row(again, id).meter?.value).toBe(7)
})

/** Returns a network over which a holder, while it is forgetful, knows none of its pieces. */
function forgetful(network: Network, clock: Clock, isForgetful: () => boolean): Network {
  const unknown = async (): Promise<never> => {
    throw refused('UNKNOWN')
  }
  let other: Parameters<Network['handle']>[1] | undefined
  const capturing: Network = { ...network, handle: (_protocol, handler) => void (other = handler) }
  handleShard(capturing, clock, { describe: unknown, has: unknown, read: unknown, admit: unknown })
  return {
    ...network,
    handle(protocol, handler, options) {
      const isShard = protocol === protocolOf('shard')
      network.handle(protocol, (channel) => (isShard && isForgetful() && other ? other(channel) : handler(channel)), options)
    },
  }
}

function desk() {
  const world = createWorld({ policy, seed: 'checks' })
  const catalogByName = new Map<string, Catalog>()
  const start = (name: string, options: PeerOptions = {}): Promise<RiggedPeer> =>
    world.start(name, { ...options, catalog: (catalog) => (catalogByName.set(name, catalog), catalog) })
  const never = new AbortController().signal
  const catalogOf = ({ name }: RiggedPeer): Catalog => {
    const catalog = catalogByName.get(name)
    if (catalog === undefined) throw new Error(`no catalog of ${name}`)
    return catalog
  }
  return {
    world,
    start,
    bookOf: (peer: RiggedPeer): Promise<ConductBook> =>
      openConductBook(catalogOf(peer), world.clock, { of: () => undefined, lied: () => undefined }, never),
    liesOf: async (peer: RiggedPeer, of: PeerId) =>
      (await openPersonBook(catalogOf(peer), world.clock, policy.presence.beaconMs, never)).of(of)?.lies,
    /** Stores a file of some leaves with `count` holders. */
    async store(count: number) {
      const owner = await start('owner', { offerBytes: 0 })
      await world.until(() => owner.peer.snapshot().connection.people === count)
      const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film', bytesOf('film', 600_000))]))
      await world.until(() => row(owner, id).meter?.value === count)
      return { owner, id }
    },
  }
}

/** Moves time on in steps that no deadline notices, each after all answers of WebCrypto: conduct is written every hour. */
async function steadily(world: World, ms: number): Promise<void> {
  const end = world.clock.now() + ms
  while (world.clock.now() < end) {
    await world.until(() => true)
    await world.clock.advance(2_000)
  }
}
