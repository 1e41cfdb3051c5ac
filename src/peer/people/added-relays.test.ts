import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { openAddedRelays } from './added-relays.ts'
import { createWorld } from '../../sim/world.ts'

test('relays that were added are remembered once each; a seventeenth is refused, and none that the person chose is forgotten for it', async () => {
  const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('relays') })
  const relays = await openAddedRelays(catalog)
  for (let at = 0; at < 16; at++) await relays.add(`/relay/${at}`)
  await relays.add('/relay/15')
  await expect(relays.add('/relay/16')).rejects.toMatchObject({ code: 'address-refused', facts: { reason: 'count', most: 16 } })
  await relays.remove('/relay/10')
  await relays.add('/relay/17')
  const expected = [...Array.from({ length: 16 }, (_, at) => `/relay/${at}`).filter((address) => address !== '/relay/10'), '/relay/17']
  expect(relays.all()).toEqual(expected)
  expect((await openAddedRelays(catalog)).all()).toEqual(expected)
})

test('relays that are added and removed at the same time are all remembered, or forgotten', async () => {
  const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('relays') })
  const relays = await openAddedRelays(catalog)
  await relays.add('/relay/old')
  await Promise.all([relays.add('/relay/a'), relays.add('/relay/a'), relays.remove('/relay/old'), relays.add('/relay/b')])
  expect((await openAddedRelays(catalog)).all()).toEqual(['/relay/a', '/relay/b'])
})

test('an address too long to be one is refused, and the others stay', async () => {
  const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('relays') })
  const relays = await openAddedRelays(catalog)
  await relays.add('/relay/a')
  await expect(relays.add(`/dns4/${'x'.repeat(600)}`)).rejects.toMatchObject({ code: 'address-refused', facts: { reason: 'length' } })
  await relays.add('/relay/b')
  expect((await openAddedRelays(catalog)).all()).toEqual(['/relay/a', '/relay/b'])
})

test.each([new Uint8Array(), new Uint8Array([1, 0xff]), new Uint8Array(100_000)])(
  'a list that the disk has spoilt is empty',
  async (value) => {
    const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('relays') })
    await catalog.commit([{ table: 'self', key: 'relays', value }])
    expect((await openAddedRelays(catalog)).all()).toEqual([])
  },
)

test('a relay that the person added says so and can be removed; one that the network names stays', async () => {
  const world = createWorld()
  world.swarm.join(peerIdOf(new Uint8Array(32).fill(7)), { address: '/memory/another', isRelay: true })
  const { peer, files } = await world.start('person')
  const given = '/memory/relay'
  const relays = () => peer.snapshot().relays.map(({ address, isAdded }) => [address, isAdded])
  await world.until(() => relays().length === 1)
  await world.run(peer.addRelay('/memory/another'))
  // A relay of the network that the person adds too stays the network's: removing it would cut this page off until it is loaded anew.
  await world.run(peer.addRelay(given))
  await world.until(() => relays().length === 2)
  expect(relays()).toEqual([
    [given, false],
    ['/memory/another', true],
  ])
  await expect(world.run(peer.addRelay('/memory/nowhere'))).rejects.toMatchObject({ code: 'relay-unreachable' })
  const remembered = async () => {
    const { catalog } = await openMemoryStorage({ files, random: createSeededRandom('again') })
    return (await openAddedRelays(catalog)).all()
  }
  expect(await remembered()).toEqual(['/memory/another'])
  await world.run(peer.removeRelay('/memory/another'))
  await world.until(() => relays().length === 1)
  expect(await remembered()).toEqual([])
})
