import { expect, test } from 'vitest'
import { createLyingShardStore, lies } from '../adapters/memory/lying-shard-store.ts'
import {
  bytesOf,
  collect,
  createWorld,
  dropped,
  keptBytes,
  type RiggedPeer,
  row,
  startHolders,
  type World,
  fragmentOf,
} from '../sim/world.ts'
import { equalBytes } from '../core/bytes.ts'
import { peerIdOf } from '../core/peer-id.ts'
import { handlePeers } from '../protocol/peers.ts'

const FIVE_RECORDS = 5 * 262_128 - 1000

test('a file goes to all people, can be shared, and comes back byte by byte after its owner and n - k holders are gone', async () => {
  const world = createWorld()
  const holders = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('film', FIVE_RECORDS)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film.bin', content)]))
  await world.until(() => row(owner, id).meter?.value === 8)
  await world.until(() => row(owner, id).status === 'Fragile')
  const link = await world.run(owner.peer.share(id))
  world.kill(owner)
  for (const holder of holders.slice(0, 6)) world.kill(holder)

  const reader = await world.start('reader', { offerBytes: 0 })
  const opened = reader.peer.openLink(fragmentOf(link))
  const file = await world.run(opened.file())
  expect([file.name, file.size]).toEqual(['film.bin', content.length])
  expect(equalBytes(await world.run(collect(file)), content)).toBe(true)
})

test('without k holders a reader waits, and goes on when one comes back with its disk', async () => {
  const world = createWorld()
  const holders = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('letter', 300_000)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('letter', content)]))
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).canShare === true)
  const link = await world.run(owner.peer.share(id))
  world.kill(owner)
  for (const holder of holders.slice(0, 7)) world.kill(holder)

  const reader = await world.start('reader', { offerBytes: 0 })
  const opened = reader.peer.openLink(fragmentOf(link))
  const reading = opened.file().then((file) => collect(file))
  await world.until(() => opened.snapshot().status === 'Waiting for people' && reader.peer.snapshot().connection.people === 1)
  const back = holders[0]
  if (back !== undefined) await world.start('holder 0', { files: back.files })
  expect(equalBytes(await world.run(reading), content)).toBe(true)
})

test('with nobody there a file is sealed and queued, survives a restart without the file, and goes out by itself when people come', async () => {
  const world = createWorld()
  const first = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('early', FIVE_RECORDS)
  const [id = ''] = await world.run(first.peer.storeFiles([dropped('early.bin', content)]))
  await world.until(() => row(first, id).canDownload === true && row(first, id).status === 'On this device only')
  await world.run(first.peer.close())

  const again = await world.start('owner', { files: first.files, offerBytes: 0 })
  await world.until(() => row(again, id).status === 'On this device only')
  await startHolders(world, 6)
  await world.until(() => row(again, id).status === 'Fragile' && row(again, id).meter?.value === 6)
  expect(row(again, id).explanation).toEqual({ is: 'placing', placed: 6, of: 8, wanted: 2 })
  expect(equalBytes(await world.run(again.peer.openFile(id).then((file) => collect(file))), content)).toBe(true)
})

test('an owner killed in the middle of a store goes on, and no acknowledged byte is sent twice', async () => {
  const { world, again, id, before, holders, written } = await killedInTheMiddle(8)
  await world.until(() => row(again, id).status === 'Fragile' && row(again, id).meter?.value === 8)
  const after = await keptBytes(world, holders)
  expect(after - before).toBeGreaterThan(4 * 1024 * 1024)
  expect(written() - after).toBeLessThanOrEqual(64 * 1024)
})

test('pieces half sent wait for holders that are met late, though others have room', async () => {
  const late: RiggedPeer[] = []
  const { world, owner, again, id, holders, written } = await killedInTheMiddle(12, ({ swarm }, { peerId }, all) => {
    late.push(...all.slice(0, 6))
    for (const holder of late) swarm.separate(peerId, holder.peerId)
  })
  const met = () => again.peer.snapshot().people.filter(({ isConnected }) => isConnected).length
  await world.until(() => met() === 6)
  const metAt = world.clock.now()
  await world.until(() => world.clock.now() > metAt + 30_000)
  for (const holder of late) world.swarm.connect(owner.peerId, holder.peerId)
  await world.until(() => row(again, id).status === 'Fragile' && row(again, id).meter?.value === 8)
  expect(written() - (await keptBytes(world, holders))).toBeLessThanOrEqual(64 * 1024)
})

test('[POL7] a file that was sealed half is not called safe on this device, asks to be dropped again, and goes on when it is the same', async () => {
  const content = bytesOf('half', 80 * 262_128)
  const { world, again, id } = await sealHalf(content)
  expect(row(again, id)).toMatchObject({ status: 'Storing', explanation: { is: 'drop-again' }, canDownload: false, needsOriginal: false })
  expect(await world.run(again.peer.storeFiles([dropped('half.bin', content)]))).toEqual([id])
  await world.until(() => row(again, id).canDownload === true)
  expect(equalBytes(await world.run(again.peer.openFile(id).then((file) => collect(file))), content)).toBe(true)
})

test('a file of which only the first segment went out is not called stored', async () => {
  const { world, again, id } = await sealHalf(bytesOf('half', 80 * 262_128), 8)
  await world.until(() => again.peer.snapshot().people.filter(({ isConnected }) => isConnected).length === 8)
  expect(row(again, id)).toMatchObject({ meter: { value: 0, max: 8 }, explanation: { is: 'drop-again' } })
})

test('a file that was sealed half and has changed since becomes another version under a key of its own', async () => {
  const content = bytesOf('half', 80 * 262_128)
  const { world, again, id } = await sealHalf(content)
  const changed = content.slice()
  changed[1000] = (changed[1000] ?? 0) ^ 1
  const [other = id] = await world.run(again.peer.storeFiles([dropped('half.bin', changed)]))
  await world.until(() => again.peer.snapshot().files.some((file) => file.name === 'half.bin' && file.canDownload))
  const stored = again.peer.snapshot().files.find((file) => file.canDownload)?.id ?? other
  expect(equalBytes(await world.run(again.peer.openFile(stored).then((file) => collect(file))), changed)).toBe(true)
})

test('a person who can only be reached through a relay is shown as such, and gets no piece', async () => {
  const world = createWorld()
  const [far] = await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const seen = () => owner.peer.snapshot().people
  await world.until(() => seen().filter(({ isConnected, isDirect }) => isConnected && isDirect).length === 4)
  if (far === undefined) throw new Error('no holder')
  world.swarm.connect(owner.peerId, far.peerId, { isDirect: false })
  await world.until(() => seen().some(({ peer, isConnected, isDirect }) => peer === far.peerId && isConnected && !isDirect))
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('near', bytesOf('near', 5000))]))
  await world.until(() => row(owner, id).canShare === true)
  expect(await keptBytes(world, [far])).toBe(0)
})

test('a reader with a link finds its file without knowing anybody, because the holders announce it', async () => {
  const world = createWorld()
  await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('found', FIVE_RECORDS)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('found', content)]))
  await world.until(() => row(owner, id).canShare === true)
  const link = await world.run(owner.peer.share(id))
  world.kill(owner)
  const reader = await world.start('reader', { offerBytes: 0, isAlone: true })
  const opened = reader.peer.openLink(fragmentOf(link))
  expect(equalBytes(await world.run(opened.file().then((file) => collect(file))), content)).toBe(true)
})

test('[DIR6] a reader asks on behind forty strangers that announced the same ids first, until a holder says what it keeps', async () => {
  const world = createWorld()
  await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('watched', FIVE_RECORDS)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('watched', content)]))
  await world.until(() => row(owner, id).canShare === true)
  const link = await world.run(owner.peer.share(id))
  world.kill(owner)
  // Half of the strangers are gone, the others keep nothing.
  const strangers = Array.from({ length: 40 }, (_, at) => peerIdOf(new Uint8Array(32).fill(at + 1)))
  for (const stranger of strangers.slice(20)) handlePeers(world.swarm.join(stranger).network, world.clock, { known: () => [] })
  const reader = await world.start('reader', {
    offerBytes: 0,
    isAlone: true,
    directory: (directory) => ({
      ...directory,
      async *find(wanted, options) {
        yield* strangers
        yield* directory.find(wanted, options)
      },
    }),
  })
  const opened = reader.peer.openLink(fragmentOf(link))
  expect(equalBytes(await world.run(opened.file().then((file) => collect(file))), content)).toBe(true)
})

test('a link that few people took goes to more of them as they appear', async () => {
  const world = createWorld()
  const early = await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('early', 5000)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('early', content)]))
  await world.until(() => row(owner, id).canShare === true)
  const link = await world.run(owner.peer.share(id))
  await startHolders(world, 4, undefined, 'late')
  await world.until(() => row(owner, id).meter?.value === 8)
  const placedAt = world.clock.now()
  await world.until(() => world.clock.now() > placedAt + 120_000)
  for (const gone of [owner, ...early]) world.kill(gone)
  const reader = await world.start('reader', { offerBytes: 0 })
  const opened = reader.peer.openLink(fragmentOf(link))
  expect(equalBytes(await world.run(opened.file().then((file) => collect(file))), content)).toBe(true)
})

test('a deleted file is ended at its holders, and a link that is no longer shared says so', async () => {
  const world = createWorld()
  const holders = await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('secret', bytesOf('secret', 5000))]))
  await world.until(() => row(owner, id).canShare === true)
  const link = await world.run(owner.peer.share(id))
  await world.run(owner.peer.stopSharing(id))
  const reader = await world.start('reader', { offerBytes: 0 })
  const opened = reader.peer.openLink(fragmentOf(link))
  await expect(world.run(opened.file())).rejects.toMatchObject({ code: 'link-expired' })

  await world.run(owner.peer.remove(id))
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 0))
  await world.until(() => owner.peer.snapshot().files.length === 0)
})

test.each(lies)('no wrong byte reaches a file when some holders lie: %s', async (lie) => {
  const world = createWorld({ seed: lie })
  const liars = await startHolders(world, 4, (name) => (store) => createLyingShardStore(store, name, lie, 10), 'liar')
  const honest = await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf(lie, FIVE_RECORDS)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film', content)]))
  await world.until(() => row(owner, id).canShare === true && (row(owner, id).meter?.value ?? 0) >= 4, 3_600_000)
  const link = await world.run(owner.peer.share(id), 3_600_000)
  const reader = await world.start('reader', { offerBytes: 0 })
  const opened = reader.peer.openLink(fragmentOf(link))
  const read = await world.run(opened.file().then((file) => collect(file)))
  expect([liars.length, honest.length, equalBytes(read, content)]).toEqual([4, 4, true])
})

test.each(['flip', 'other', 'short'] as const)(
  'who sends wrong bytes is written down, and still known after a restart: %s',
  async (lie) => {
    const world = createWorld({ seed: lie })
    const liars = await startHolders(world, 4, (name) => (store) => createLyingShardStore(store, name, lie, 0), 'liar')
    await startHolders(world, 4)
    const owner = await world.start('owner', { offerBytes: 0 })
    await world.run(owner.peer.storeFiles([dropped('film', bytesOf(lie, FIVE_RECORDS))]))
    const caught = ({ peer }: RiggedPeer) => peer.snapshot().people.flatMap(({ peer: of, lies: count }) => (count > 0 ? [of] : []))
    await world.until(() => caught(owner).length === 4)
    expect(new Set(caught(owner))).toEqual(new Set(liars.map(({ peerId }) => peerId)))
    const caughtAt = world.clock.now()
    await world.until(() => world.clock.now() > caughtAt + 5_000)
    world.kill(owner)
    const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
    await world.until(() => caught(again).length === 4)
  },
)

/** An owner killed after 8 MiB had arrived at `people` holders and started again with its disk; `written` counts all that arrived. */
async function killedInTheMiddle(people: number, onKilled: (world: World, owner: RiggedPeer, holders: RiggedPeer[]) => void = () => {}) {
  const world = createWorld()
  let written = 0
  let dying: RiggedPeer | undefined
  const holders = await startHolders(world, people, () => (store) => ({
    ...store,
    write(facts, offset, bytes, at) {
      written += bytes.length
      if (written > 8 * 1024 * 1024 && dying !== undefined) world.kill(dying)
      if (written > 8 * 1024 * 1024) dying = undefined
      return store.write(facts, offset, bytes, at)
    },
  }))
  const owner = await world.start('owner', { offerBytes: 0 })
  dying = owner
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('long.bin', bytesOf('long', 24 * 262_128 - 5000))]))
  await world.until(() => dying === undefined)
  onKilled(world, owner, holders)
  const before = await keptBytes(world, holders)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  return { world, owner, again, id, before, holders, written: () => written }
}

/** An owner whose process ends while a file is sealed, started again with its disk. */
async function sealHalf(content: Uint8Array<ArrayBuffer>, people = 0) {
  const world = createWorld()
  const holders = await startHolders(world, people)
  const owner = await world.start('owner', {
    offerBytes: 0,
    outbox: (outbox) => ({
      ...outbox,
      write: (name, offset, bytes) => (name.endsWith('1') ? new Promise(() => undefined) : outbox.write(name, offset, bytes)),
    }),
  })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('half.bin', content)]))
  await world.until(() => (row(owner, id).progress?.doneBytes ?? 0) > content.length / 3)
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 1))
  world.kill(owner)
  return { world, again: await world.start('owner', { files: owner.files, offerBytes: 0 }), id }
}
