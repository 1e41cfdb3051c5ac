import { expect, test } from 'vitest'
import { createMemoryFiles, type MemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { openPersonBook } from './person-book.ts'
import type { PeerId } from '../../core/ids.ts'

test('[HTH5] the lies of a person, its first meeting and its last sight are remembered over a restart', async () => {
  const { clock, open, close } = await openDesk()
  const [ada, bob] = [personOf(1), personOf(2)]
  const book = await open()
  book.met(ada)
  const metAt = clock.now()
  await clock.advance(500)
  book.met(ada)
  book.lied(bob)
  book.lied(bob)
  await clock.advance(3_600_000)
  book.met(ada)
  const seenAt = clock.now()
  await close()
  const again = await open()
  expect(again.of(ada)).toEqual({ metAt, lies: 0, seenAt })
  expect(again.of(bob)).toEqual({ metAt: metAt + 500, lies: 2 })
})

test('thousands of names push out those that were met last, and never who lied', async () => {
  const { clock, open, close } = await openDesk()
  const book = await open()
  const liar = personOf(0)
  for (let at = 1; at <= 2_100; at++) {
    book.met(personOf(at))
    await clock.advance(1)
    if (at === 2_050) book.lied(liar)
  }
  await close()
  const again = await open()
  expect(again.of(liar)?.lies).toBe(1)
  expect([again.of(personOf(1)) === undefined, again.of(personOf(1_999)) === undefined]).toEqual([false, false])
  expect([again.of(personOf(2_001)), again.of(personOf(2_100))]).toEqual([undefined, undefined])
})

test('rows that the disk spoilt are forgotten, the others stay', async () => {
  const { catalog, open, close } = await openDesk()
  const book = await open()
  book.met(personOf(1))
  await close()
  await catalog.commit([
    { table: 'people', key: 'nobody', value: new Uint8Array(3) },
    { table: 'people', key: personOf(2), value: new Uint8Array([1, 255]) },
  ])
  const again = await open()
  expect([again.of(personOf(1)) === undefined, again.of(personOf(2))]).toEqual([false, undefined])
  again.met(personOf(3))
  await close()
  expect((await catalog.all('people')).map(({ key }) => key)).toEqual([personOf(1), personOf(3)].toSorted())
})

/** A disk on which books are opened one after another; `close` lets the last one write its changes. */
async function openDesk(files: MemoryFiles = createMemoryFiles()) {
  const clock = createVirtualClock()
  const { catalog } = await openMemoryStorage({ files, random: createSeededRandom('book') })
  let life = new AbortController()
  let committed = Promise.resolve()
  const noticing: Catalog = { ...catalog, commit: (changes) => (committed = catalog.commit(changes)) }
  return {
    catalog,
    clock,
    open: () => {
      life = new AbortController()
      return openPersonBook(noticing, clock, life.signal)
    },
    close: async () => {
      await clock.advance(2_000)
      await committed
      life.abort()
    },
  }
}

function personOf(number: number): PeerId {
  return createDeviceSigner(createSeededRandom(`person ${number}`).bytes(32)).peerId
}
