import { expect, test } from 'vitest'
import { createMemoryFiles, type MemoryFiles } from '../../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { objectFormat, optional, uint } from '../../../core/encoding.ts'
import type { Catalog } from '../../../ports/catalog.ts'
import { openPersonBook, type PersonBook } from './person-book.ts'
import type { PeerId } from '../../../core/ids.ts'

const [MINUTE, HOUR] = [60_000, 3_600_000]

test('[HTH5, PRS2] the lies of a person, its first meeting and its habits are remembered over a restart', async () => {
  const { clock, open, close } = await openDesk()
  const [ada, bob] = [personOf(1), personOf(2)]
  const book = await open()
  const metAt = clock.now()
  const see = (storeEpoch?: Uint8Array<ArrayBuffer>) => book.seen(ada, { at: clock.now(), storeEpoch })
  see(new Uint8Array(16).fill(7))
  await clock.advance(500)
  book.lied(bob)
  book.lied(bob)
  await clock.advance(HOUR)
  see()
  await clock.advance(10 * HOUR)
  const habits = { firstSeenAt: metAt, lastSeenAt: clock.now(), thereMs: HOUR + 500, awayMs: 10 * HOUR, absences: 1 }
  see()
  await close()
  const again = await open()
  expect(again.of(ada)).toEqual({ metAt, lies: 0, habits, storeEpoch: new Uint8Array(16).fill(7) })
  expect(again.of(bob)).toEqual({ metAt: metAt + 500, lies: 2 })
})

test('[PRS2] rows of before there were habits stay readable', async () => {
  const { catalog, clock, open } = await openDesk()
  const old = objectFormat('person', 32, { metAt: uint(), lies: uint(), seenAt: optional(uint()) })
  const [metAt, seenAt] = [clock.now() - 9 * HOUR, clock.now() - HOUR]
  await catalog.commit([
    { table: 'people', key: personOf(1), value: old.encode({ metAt, lies: 1, seenAt }) },
    { table: 'people', key: personOf(2), value: old.encode({ metAt, lies: 0 }) },
  ])
  const book = await open()
  const habits = { firstSeenAt: metAt, lastSeenAt: seenAt, thereMs: 0, awayMs: 0, absences: 0 }
  expect([book.of(personOf(1)), book.of(personOf(2))]).toEqual([
    { metAt, lies: 1, habits },
    { metAt, lies: 0 },
  ])
})

test('[PRS2] time for which this device was off makes nobody absent', async () => {
  const { clock, open, close } = await openDesk()
  const book = await open()
  book.seen(personOf(1), { at: clock.now() })
  await close()
  await clock.advance(40 * HOUR)
  const again = await open()
  await clock.advance(MINUTE)
  expect(again.seen(personOf(1), { at: clock.now() }).habits).toMatchObject({ thereMs: MINUTE, awayMs: 0, absences: 0 })
  clock.sleep(30 * HOUR)
  expect(again.seen(personOf(1), { at: clock.now() }).habits).toMatchObject({
    thereMs: MINUTE,
    awayMs: 0,
    absences: 0,
    lastSeenAt: clock.now(),
  })
})

test('[PRS2] sightings are written down once an hour at most, however many there are', async () => {
  const { clock, open, commits } = await openDesk()
  const book = await open()
  const people = Array.from({ length: 100 }, (_, at) => personOf(at))
  for (const peer of people) book.seen(peer, { at: clock.now() })
  await clock.advance(MINUTE)
  expect(commits()).toBe(1)
  for (let minute = 0; minute < 600; minute++) {
    for (const peer of people) book.seen(peer, { at: clock.now() })
    await clock.advance(MINUTE)
  }
  expect(commits()).toBeLessThanOrEqual(12)
})

test('thousands of names push out those that were met last, and never who lied', async () => {
  const { clock, open, close } = await openDesk()
  const book = await open()
  const liar = personOf(0)
  for (let at = 1; at <= 2_100; at++) {
    book.seen(personOf(at), { at: clock.now() })
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
  const { catalog, clock, open, close } = await openDesk()
  const book = await open()
  book.seen(personOf(1), { at: clock.now() })
  await close()
  await catalog.commit([
    { table: 'people', key: 'nobody', value: new Uint8Array(3) },
    { table: 'people', key: personOf(2), value: new Uint8Array([1, 255]) },
  ])
  const again = await open()
  expect([again.of(personOf(1)) === undefined, again.of(personOf(2))]).toEqual([false, undefined])
  again.seen(personOf(3), { at: clock.now() })
  await close()
  expect((await catalog.all('people')).map(({ key }) => key)).toEqual([personOf(1), personOf(3)].toSorted())
})

/** A disk on which books are opened one after another; `close` lets the last one write its changes. */
async function openDesk(files: MemoryFiles = createMemoryFiles()) {
  const clock = createVirtualClock()
  const { catalog } = await openMemoryStorage({ files, random: createSeededRandom('book') })
  let life = new AbortController()
  let book: PersonBook | undefined
  let count = 0
  const counting: Catalog = { ...catalog, commit: (changes) => (count++, catalog.commit(changes)) }
  const open = async () => {
    life = new AbortController()
    book = await openPersonBook(counting, clock, HOUR, life.signal)
    return book
  }
  return {
    catalog,
    clock,
    commits: () => count,
    open,
    close: async () => {
      await book?.write()
      life.abort()
    },
  }
}

function personOf(number: number): PeerId {
  return createDeviceSigner(createSeededRandom(`person ${number}`).bytes(32)).peerId
}
