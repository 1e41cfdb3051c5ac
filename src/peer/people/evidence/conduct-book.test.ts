import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { nextTurn } from '../../../adapters/memory/turn.ts'
import { createVirtualClock } from '../../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { unknownConduct } from '../../../core/healing/evidence.ts'
import { brandBytes, type PeerId, type SegmentId } from '../../../core/ids.ts'
import type { Catalog } from '../../../ports/catalog.ts'
import { openConductBook, pieceText } from './conduct-book.ts'

const HOUR = 3_600_000
const piece = (at: number) => ({ segmentId: brandBytes<SegmentId>(new Uint8Array(32).fill(at)), index: at })
const epoch = (at: number) => new Uint8Array(16).fill(at)

test('[EVD1] conduct survives a restart: checks, errors, what was voided, the storeEpoch and the last try', async () => {
  const { clock, open, writes } = await desk()
  const [ada, bob, cyd] = [person(1), person(2), person(3)]
  const book = await open()
  book.noteStoreEpoch(ada, epoch(1))
  for (let at = 1; at <= 6; at++) book.noteProven(ada, piece(at), undefined)
  book.noteTried(bob)
  book.noteError(bob)
  book.noteUnknown(cyd)
  await writes()
  const again = await open()
  for (const each of [ada, bob, cyd]) {
    expect(again.of(each)).toEqual(book.of(each))
    expect(again.triedAt(each)).toBe(book.triedAt(each))
  }
  expect(again.of(ada).checks.map(({ shard }) => shard)).toEqual([6, 5, 4, 3].map((at) => pieceText(piece(at))))
  expect(again.of(bob)).toMatchObject({ errors: 1, firstErrorAt: clock.now() - 2_000 })
  again.noteStoreEpoch(ada, epoch(1))
  expect(again.of(ada).voidedAt).toBe(0)
  again.noteStoreEpoch(ada, epoch(2))
  expect(again.of(ada)).toMatchObject({ voidedAt: clock.now(), checks: [] })
})

test('[EVD2] who lied is known by the person book, and nothing heals it', async () => {
  const { open, liars } = await desk()
  const book = await open()
  liars.add(person(1))
  book.noteProven(person(1), piece(1), undefined)
  expect([book.of(person(1)).isLiar, book.of(person(2)).isLiar]).toEqual([true, false])
})

test('[EVD8] conduct is written once an hour at most', async () => {
  const { clock, open, count } = await desk()
  const book = await open()
  for (let minute = 0; minute < 180; minute++) {
    book.noteProven(person(minute % 5), piece(minute % 7), undefined)
    await clock.advance(60_000)
  }
  expect(count()).toBeLessThanOrEqual(4)
  expect(count()).toBeGreaterThanOrEqual(3)
})

test('[EVD8] of more than 2,000 people strangers who only said hello are forgotten first, then those tried longest ago', async () => {
  const { clock, open, all } = await desk()
  const book = await open()
  book.noteProven(person(0), piece(1), undefined)
  await clock.advance(1)
  book.noteUnknown(person(1))
  for (let at = 2; at < 2_100; at++) book.noteStoreEpoch(person(at), epoch(1))
  expect([book.of(person(0)).checks.length, book.of(person(1)).voidedAt]).toEqual([1, clock.now()])
  expect([book.of(person(2)), book.of(person(2_099)).storeEpoch]).toEqual([unknownConduct, epoch(1)])
  await clock.advance(HOUR)
  expect((await all()).length).toBe(2_000)
})

test('rows that the disk spoilt are deleted, those of later versions left alone', async () => {
  const { catalog, open, writes, all } = await desk()
  await catalog.commit([
    { table: 'conduct', key: 'nobody', value: new Uint8Array(3) },
    { table: 'conduct', key: person(1), value: Uint8Array.of(9, 1, 2) },
  ])
  const book = await open()
  book.noteTried(person(2))
  await writes()
  expect((await all()).map(({ key }) => key)).toEqual([person(1), person(2)].toSorted())
})

async function desk() {
  const clock = createVirtualClock()
  const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('conduct') })
  const liars = new Set<PeerId>()
  let commits = 0
  let committed = Promise.resolve()
  const counted: Catalog = {
    ...catalog,
    commit(changes) {
      commits++
      return (committed = catalog.commit(changes))
    },
  }
  return {
    catalog,
    clock,
    liars,
    count: () => commits,
    all: async () => {
      await committed
      return catalog.all('conduct')
    },
    open: () =>
      openConductBook(
        counted,
        clock,
        { of: (peer) => (liars.has(peer) ? { metAt: 0, lies: 1 } : undefined), lied: (peer) => void liars.add(peer) },
        new AbortController().signal,
      ),
    async writes() {
      await clock.advance(2_000)
      await nextTurn()
      await committed
    },
  }
}

const names = new Map<number, PeerId>()
function person(number: number): PeerId {
  const known = names.get(number) ?? createDeviceSigner(createSeededRandom(`person ${number}`).bytes(32)).peerId
  names.set(number, known)
  return known
}
