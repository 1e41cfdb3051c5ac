import { expect, test } from 'vitest'
import { openMemoryStorage } from '../../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../../adapters/memory/virtual-clock.ts'
import { peerIdOf } from '../../../core/peer-id.ts'
import { defaultPolicy } from '../../../core/policy.ts'
import { createPaperClock, type HeardClock } from '../paper-clock.ts'
import { blankPerson } from '../person.ts'
import { openConductBook } from '../evidence/conduct-book.ts'
import { openPersonBook } from './person-book.ts'
import { createPresence } from './presence.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const ada = peerIdOf(new Uint8Array(32).fill(1))

test('[PRS3] a person silent for 3.5 times its mean absence is lost, and one who returns is not', async () => {
  const { clock, see, presence, person } = await openDesk()
  // Four evenings: there for four hours, away for twenty.
  for (let day = 0; day < 4; day++) {
    for (let hour = 0; hour <= 4; hour++) {
      see()
      if (hour < 4) await clock.advance(HOUR)
    }
    if (day < 3) await clock.advance(20 * HOUR)
  }
  expect(person.habits).toMatchObject({ absences: 3, awayMs: 60 * HOUR, thereMs: 16 * HOUR })
  const seenAt = clock.now()
  // It is asked often, and what was found before does not hide the moment.
  for (let hour = 0; hour < 70; hour++) {
    expect(presence.notLostUntil(ada, presence.lostSince(ada, 0) !== undefined)).toBeLessThanOrEqual(seenAt + 70 * HOUR)
    await clock.advance(HOUR)
    expect(presence.lostSince(ada, 0)).toBeUndefined()
  }
  await clock.advance(1)
  expect(presence.lostSince(ada, 0)).toBe(seenAt + 70 * HOUR)
  // A claim of it that is newer speaks for it, and so does it itself.
  expect(presence.lostSince(ada, seenAt + HOUR)).toBeUndefined()
  see()
  expect(presence.lostSince(ada, 0)).toBeUndefined()
})

test('[PRS3] while fewer than three absences are known, 48 hours are too long', async () => {
  const { clock, see, presence } = await openDesk()
  see()
  await clock.advance(48 * HOUR)
  expect(presence.lostSince(ada, 0)).toBeUndefined()
  await clock.advance(1)
  expect(presence.lostSince(ada, 0)).toBeDefined()
  const never = peerIdOf(new Uint8Array(32).fill(2))
  expect([presence.lostSince(never, clock.now() - 47 * HOUR), presence.lostSince(never, 1)]).toEqual([undefined, 1 + 48 * HOUR])
})

test.each([400, -3])(
  '[CLK1, PRS3] a clock set %i days off takes nobody for lost once three people are heard, nor misses a loss',
  async (days) => {
    const { clock, see, presence, heard, setAhead, leadOf } = await openDesk()
    see()
    await clock.advance(HOUR)
    setAhead(days * DAY)
    heard.push(...[3, 4, 5].map((of) => ({ peer: peerIdOf(new Uint8Array(32).fill(of)), offsetMs: -days * DAY, leadMs: leadOf() })))
    expect(presence.lostSince(ada, 0)).toBeUndefined()
    see()
    await clock.advance(40 * HOUR)
    expect(presence.lostSince(ada, 0)).toBeUndefined()
    await clock.advance(9 * HOUR)
    expect(presence.lostSince(ada, 0)).toBeDefined()
  },
)

test('[PRS3] what was noted while the clock ran ahead says no more than the corrected clock, and nothing once the clock is set right', async () => {
  const { clock, see, presence, heard, setAhead, leadOf } = await openDesk()
  setAhead(400 * DAY)
  see()
  const toldAt = clock.now()
  const hear = () => [3, 4, 5].map((of) => ({ peer: peerIdOf(new Uint8Array(32).fill(of)), offsetMs: -400 * DAY, leadMs: leadOf() }))
  heard.push(...hear())
  await clock.advance(48 * HOUR)
  expect(presence.lostSince(ada, toldAt)).toBeUndefined()
  await clock.advance(1)
  expect(presence.lostSince(ada, toldAt)).toBe(toldAt - 400 * DAY + 48 * HOUR)
  setAhead(0)
  expect(presence.lostSince(ada, toldAt)).toBeDefined()
  see()
  expect(presence.lostSince(ada, 0)).toBeUndefined()
  await clock.advance(48 * HOUR + 1)
  expect(presence.lostSince(ada, 0)).toBeDefined()
})

test('[CLK1] clocks that were heard before this device set its own say nothing', async () => {
  const { clock, papers, heard, setAhead, leadOf } = await openDesk()
  const hear = (offsetMs: number) => [3, 4, 5].map((of) => ({ peer: peerIdOf(new Uint8Array(32).fill(of)), offsetMs, leadMs: leadOf() }))
  heard.push(...hear(2 * DAY))
  expect(papers.now()).toBe(clock.now() + 2 * DAY)
  setAhead(2 * DAY)
  expect(papers.now()).toBe(clock.now())
  heard.push(...hear(0))
  expect([papers.now(), papers.view()]).toEqual([clock.now(), undefined])
})

test('[EVD4] another storeEpoch voids, whether a hello or a beacon tells of it, and an old beacon that comes late does not', async () => {
  const { clock, presence, person, conduct } = await openDesk()
  const epoch = (at: number) => new Uint8Array(16).fill(at)
  const beacon = { peer: ada, storeEpoch: epoch(1), time: clock.now(), hops: [] }
  presence.noteBeacon(person, beacon, clock.now())
  expect(conduct.of(ada)).toMatchObject({ storeEpoch: epoch(1), voidedAt: 0 })
  await clock.advance(HOUR)
  const lostAt = clock.now()
  presence.noteSeen(person, { storeEpoch: epoch(2) })
  expect(conduct.of(ada)).toMatchObject({ storeEpoch: epoch(2), voidedAt: lostAt })
  await clock.advance(HOUR)
  presence.noteBeacon(person, beacon, lostAt - 1)
  expect(conduct.of(ada)).toMatchObject({ storeEpoch: epoch(2), voidedAt: lostAt })
  presence.noteBeacon(person, { ...beacon, storeEpoch: epoch(3) }, clock.now())
  expect(conduct.of(ada)).toMatchObject({ storeEpoch: epoch(3), voidedAt: clock.now() })
})

/** A device whose clock the test sets, and one person whom it sees when the test says so. */
async function openDesk() {
  const world = createVirtualClock()
  let aheadMs = 0
  const clock = { ...world, now: () => world.now() + aheadMs }
  const { catalog } = await openMemoryStorage({ random: createSeededRandom('presence') })
  const heard: HeardClock[] = []
  const papers = createPaperClock(clock, () => heard)
  const book = await openPersonBook(catalog, { ...clock, now: papers.passed }, HOUR, new AbortController().signal)
  const conduct = await openConductBook(catalog, clock, book, new AbortController().signal)
  const person = blankPerson(ada, undefined, clock.now)
  const leadOf = (): number => clock.now() - clock.ran()
  const known = (peer: typeof ada) => (peer === ada ? person : undefined)
  const presence = createPresence({ clock, policy: defaultPolicy, book, conduct, papers, near: () => [], known, isAwaited: () => false })
  return {
    clock,
    person,
    conduct,
    papers,
    leadOf,
    presence,
    heard,
    see: () => presence.noteSeen(person),
    setAhead: (ms: number) => (aheadMs = ms),
  }
}
