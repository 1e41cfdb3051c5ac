import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { rankOf } from '../../core/healing/election.ts'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { createShortSegments, type ShortSegment } from './short-segments.ts'

const [HOUR, MINUTE] = [3_600_000, 60_000]
const peerNumber = (number: number): PeerId => createDeviceSigner(createSeededRandom(`peer ${number}`).bytes(32)).peerId
const there = [1, 2, 3, 4, 5].map(peerNumber)
const segmentId = brandBytes<SegmentId>(new Uint8Array(32).fill(1))
const piece = { segmentId, groupId: brandBytes<GroupId>(new Uint8Array(32)), index: 0, length: 1, keptAt: 0 }

function desk(self: PeerId) {
  const clock = createVirtualClock()
  const other = { until: undefined as number | undefined, progress: 0 }
  const shorts = createShortSegments({
    self,
    clock,
    now: () => clock.ran(),
    draw: () => 0.5,
    scanMs: 6 * HOUR,
    rankDelayMs: 5 * MINUTE,
    claimMs: HOUR,
    heard: { goesOnUntil: () => other.until, noteProgress: () => void other.progress++, noteWhole: () => undefined },
  })
  const look = (change: Partial<ShortSegment> = {}) =>
    shorts.look({
      piece,
      known: 5,
      proven: 5,
      isUrgent: false,
      isNew: false,
      there,
      isLast: false,
      isOwnerNear: false,
      isBegun: false,
      repairBytes: 100,
      ...change,
    })
  return { clock, shorts, other, look }
}

test('[RPR4] the holder of rank r waits (r + jitter) delays from when the segment became short, and an urgent one not at all', async () => {
  for (const self of there) {
    const { clock, look } = desk(self)
    const dueMs = (rankOf(self, there, 0, segmentId) + 0.5) * 5 * MINUTE
    expect(look()).toBe(dueMs)
    await clock.advance(dueMs - 1)
    expect(look()).toBe(dueMs)
    await clock.advance(1)
    expect(look()).toBe('now')
    expect(desk(self).look({ isUrgent: true })).toBe('now')
  }
})

test('[RPR3] who keeps a double that gives way comes after all others, since it cannot give itself a piece', () => {
  for (const self of there) {
    const others = there.filter((peer) => peer !== self)
    expect(desk(self).look({ there: others, isLast: true })).toBe((others.length + 0.5) * 5 * MINUTE)
  }
})

test('[RPR4] while the owner is near everybody waits one delay more, and 65 s where it is urgent, so that the owner comes first', async () => {
  for (const self of there) {
    const { look } = desk(self)
    expect(look({ isOwnerNear: true })).toBe((1 + rankOf(self, there, 0, segmentId) + 0.5) * 5 * MINUTE)
    const urgent = desk(self)
    expect(urgent.look({ isOwnerNear: true, isUrgent: true })).toBe(65_000)
    expect(urgent.look({ isOwnerNear: false, isUrgent: true })).toBe('now')
    await urgent.clock.advance(65_000)
    expect(urgent.look({ isOwnerNear: true, isUrgent: true })).toBe('now')
    expect(urgent.look({ isOwnerNear: true, isUrgent: true, known: 4 })).toBe(130_000)
  }
})

test('[RPR4] a piece that comes and goes holds up nobody for longer than claimMs, though the owner is near', async () => {
  const { clock, look } = desk(peerNumber(1))
  for (let round = 0; clock.ran() < HOUR - MINUTE; round++) {
    expect(look({ isOwnerNear: true, isUrgent: true, known: 5 - (round % 2) })).toBeGreaterThan(clock.ran())
    await clock.advance(30_000)
  }
  await clock.advance(MINUTE)
  expect(look({ isOwnerNear: true, isUrgent: true, known: 3 })).toBe('now')
})

test('[RPR12] of those that are to be looked at urgent ones come first', () => {
  const { shorts, look } = desk(peerNumber(1))
  const pieces = [1, 2, 3].map((at) => ({ ...piece, segmentId: brandBytes<SegmentId>(new Uint8Array(32).fill(at)) }))
  for (const [at, each] of pieces.entries()) {
    look({ piece: each, isUrgent: at === 2 })
    shorts.leave(each.segmentId, 0)
  }
  expect(shorts.due()).toEqual([pieces[2], pieces[0], pieces[1]])
})

test('[RPR12] a piece that is new by the clock makes a repair less urgent for claimMs at most, however that clock is set', async () => {
  const { clock, shorts, look } = desk(there[4] as PeerId)
  const isUrgent = (): boolean => {
    look({ isUrgent: true, isNew: true })
    return shorts.isUrgent(segmentId)
  }
  expect(isUrgent()).toBe(false)
  await clock.advance(HOUR - 1)
  expect(isUrgent()).toBe(false)
  await clock.advance(1)
  expect(isUrgent()).toBe(true)
})

test('[RPR13] who has fetched some of it goes on without waiting for its rank', () => {
  for (const self of there) expect(desk(self).look({ isBegun: true })).toBe('now')
})

test('[RPR11] nothing begins while somebody else repairs, urgent or not, and after that the delay counts anew', async () => {
  const { clock, other, look } = desk(peerNumber(1))
  other.until = HOUR
  expect([look(), look({ isUrgent: true }), look({ isBegun: true })]).toEqual([HOUR, HOUR, HOUR])
  await clock.advance(HOUR)
  other.until = undefined
  expect(look()).toBe(HOUR + (rankOf(peerNumber(1), there, 0, segmentId) + 0.5) * 5 * MINUTE)
})

test('[RPR6] what was given up is left alone for the epoch, and its rank is a new one in the next', async () => {
  const { clock, shorts, look } = desk(peerNumber(1))
  expect(look({ isUrgent: true })).toBe('now')
  shorts.leave(segmentId, 'next epoch')
  expect(look({ isUrgent: true })).toBe(6 * HOUR)
  expect(shorts.nextAt()).toBe(6 * HOUR)
  await clock.advance(6 * HOUR)
  expect(shorts.due()).toEqual([piece])
  expect(look()).toBe(6 * HOUR + (rankOf(peerNumber(1), there, 1, segmentId) + 0.5) * 5 * MINUTE)
})

test('[RPR11] a new piece that is proven is noted as progress of who repairs it, and one that is merely claimed is not', () => {
  const { shorts, other, look } = desk(peerNumber(1))
  look({ known: 4, proven: 4 })
  look({ known: 5, proven: 4 })
  expect(other.progress).toBe(0)
  look({ known: 5, proven: 5 })
  look({ known: 5, proven: 5 })
  expect(other.progress).toBe(1)
  shorts.forget(segmentId)
  expect([shorts.due(), shorts.nextAt()]).toEqual([[], Infinity])
})

test('[RPR11] what is heard of a segment that this device repairs is looked at once that has ended', () => {
  const { shorts, look } = desk(peerNumber(1))
  expect(look({ isUrgent: true })).toBe('now')
  shorts.hurry(segmentId)
  expect([shorts.due(), shorts.nextAt()]).toEqual([[], Infinity])
  shorts.leave(segmentId, 0)
  expect(shorts.due()).toEqual([piece])
})

test('[RPR9] a segment of which nobody wants a piece is left alone twice as long each time until the known pieces change', async () => {
  const { clock, shorts, look } = desk(peerNumber(1))
  const waits: number[] = []
  for (let time = 0; time < 7; time++) {
    expect(look({ isUrgent: true, known: time < 6 ? 5 : 4 })).toBe('now')
    shorts.leaveUnwanted(segmentId, 15 * MINUTE, 6 * HOUR)
    const at = look({ isUrgent: true, known: time < 6 ? 5 : 4 })
    const waitMs = Number(at) - clock.ran()
    waits.push(waitMs / MINUTE)
    await clock.advance(waitMs)
  }
  expect(waits).toEqual([15, 30, 60, 120, 240, 360, 15])
})

/** A desk at which the repair of `segmentId` falls to the device. */
function firstOf() {
  const desks = there.map((self) => desk(self))
  for (const { look } of desks) look()
  const first = desks.find(({ shorts }) => shorts.waitingBytes() > 0)
  if (first === undefined) throw new Error('it falls to nobody')
  return { first, desks }
}

test('[ADM9] a repair falls to one of those who are there, until it is over', async () => {
  const { first, desks } = firstOf()
  expect(desks.reduce((sum, { shorts }) => sum + shorts.waitingBytes(), 0)).toBe(100)
  first.look({ repairBytes: 80, known: 6 })
  expect(first.shorts.waitingBytes()).toBe(80)
  await first.clock.advance(5 * MINUTE)
  expect([first.look({ repairBytes: 80, known: 6 }), first.shorts.waitingBytes()]).toEqual(['now', 80])
  // It waits until another repair of this device has ended.
  first.shorts.leave(segmentId, first.clock.ran() + MINUTE)
  expect(first.shorts.waitingBytes()).toBe(80)
  first.shorts.forget(segmentId)
  first.shorts.forget(segmentId)
  expect(first.shorts.waitingBytes()).toBe(0)
})

test('[ADM9] a repair that the owner, somebody else or nobody does now does not fall to a device', async () => {
  const { first } = firstOf()
  const { shorts, look, other, clock } = first
  const waiting = (change: Partial<ShortSegment> = {}): number => {
    look(change)
    return shorts.waitingBytes()
  }
  expect([waiting({ isOwnerNear: true }), waiting()]).toEqual([0, 100])
  other.until = clock.ran() + HOUR
  expect(waiting()).toBe(0)
  other.until = undefined
  expect(waiting()).toBe(100)
  shorts.leaveAlone(segmentId, clock.ran() + MINUTE)
  expect([shorts.waitingBytes(), waiting()]).toEqual([0, 0])
  shorts.leave(segmentId, clock.ran())
  expect(waiting()).toBe(100)
  shorts.leaveUnwanted(segmentId, MINUTE, HOUR)
  shorts.leave(segmentId, clock.ran())
  expect([shorts.waitingBytes(), waiting(), waiting({ known: 4 })]).toEqual([0, 0, 100])
  shorts.leave(segmentId, 'next epoch')
  expect([shorts.waitingBytes(), waiting({ known: 4 })]).toEqual([0, 0])
})
