import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beaconMessage, encodeBeacon } from '../../../core/beacon.ts'
import { peerIdOf } from '../../../core/peer-id.ts'
import { publicKeyOf, signWith } from '../../../core/signature.ts'
import type { PeerId } from '../../../core/ids.ts'
import { createBeaconBoard } from './beacon-board.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 0, 1)
const seedOf = (number: number) => new Uint8Array(32).fill(number)
const person = (number: number): PeerId => peerIdOf(publicKeyOf(seedOf(number)))
const [self, line, ada, bob] = [person(1), person(2), person(3), person(4)]

function beaconOf(number: number, time: number, fill = 0) {
  const fields = { peer: person(number), time, storeEpoch: new Uint8Array(16).fill(fill), hops: [] }
  return encodeBeacon(fields, signWith(seedOf(number), beaconMessage(fields)))
}

function openBoard(wanted: readonly PeerId[] = [ada]) {
  const clock = { now: NOW }
  const taken: { peer: PeerId; at: number }[] = []
  const now = () => clock.now
  const isWanted = (peer: PeerId) => wanted.includes(peer)
  const onTaken = ({ peer }: { peer: PeerId }, at: number) => taken.push({ peer, at })
  return { clock, taken, board: createBeaconBoard({ self, beaconMs: HOUR, now, passed: now, isWanted, onTaken }) }
}

test('[BEA2] the beacons of people who are wanted are taken, and that of the far side over its own line', () => {
  const { board, taken } = openBoard()
  board.take(line, [beaconOf(3, NOW), beaconOf(4, NOW), beaconOf(2, NOW), beaconOf(1, NOW)])
  expect(taken.map(({ peer }) => peer)).toEqual([ada, line])
  expect(board.heard(bob)).toBeUndefined()
})

test('[BEA3] a beacon goes to those who asked for its person, once over each line, and never back', () => {
  const { board } = openBoard()
  board.noteWanted(bob, [ada])
  board.noteWanted(line, [ada])
  board.take(line, [beaconOf(3, NOW)])
  expect([board.sayTo(bob).length, board.sayTo(bob).length, board.sayTo(line).length, board.sayTo(person(5)).length]).toEqual([1, 0, 0, 0])
  board.keepLines(new Set())
  board.noteWanted(bob, [ada])
  expect(board.sayTo(bob)).toHaveLength(1)
})

test('[BEA3] a beacon that makes nobody present is not passed on', () => {
  const { board, clock, taken } = openBoard()
  board.noteWanted(bob, [ada])
  board.take(line, [beaconOf(3, NOW - 10 * HOUR)])
  expect([taken, board.sayTo(bob)]).toEqual([[{ peer: ada, at: NOW - 9 * HOUR }], []])
  board.take(line, [beaconOf(3, NOW)])
  clock.now += 3 * HOUR
  expect(board.sayTo(bob)).toEqual([])
})

test('[BEA2, BCN4] replayed beacons move nobody, and further ones of the same quarter of a period only tell of a loss', () => {
  const { board, clock, taken } = openBoard()
  const first = beaconOf(3, NOW)
  board.take(line, [first])
  clock.now += 5 * HOUR
  board.take(line, [first, first])
  board.take(bob, [first, beaconOf(3, NOW - 1)])
  board.take(bob, [beaconOf(3, NOW + 1), beaconOf(3, NOW + 2, 9)])
  expect(taken).toEqual([
    { peer: ada, at: NOW },
    { peer: ada, at: NOW + 2 + HOUR },
  ])
})

test('[BEA2] of 10,000 forged, edited, future and unwanted beacons none is taken, in bounded memory and checks', () => {
  const good = beaconOf(3, NOW)
  const edited = fc
    .tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }))
    .map(([at, by]) => good.map((byte, place) => (place === at ? byte ^ by : byte)))
  const future = fc.integer({ min: 1, max: 1_000 }).map((more) => ({ ...unsigned, time: NOW + HOUR + more }))
  const unsigned = { peer: ada, time: NOW, storeEpoch: new Uint8Array(16), hops: [] as PeerId[] }
  const forged = fc
    .oneof(
      future,
      fc.constant(unsigned),
      fc.nat(255).map((number) => ({ ...unsigned, peer: peerIdOf(new Uint8Array(32).fill(number)) })),
    )
    .map((fields) => encodeBeacon(fields, new Uint8Array(64)))
  const noise = fc.uint8Array({ maxLength: 280 }).map((bytes) => new Uint8Array(bytes))
  const { board, taken } = openBoard()
  fc.assert(
    fc.property(fc.oneof(edited, forged, noise), fc.nat(5_000), (bytes, from) => {
      board.take(`teller ${from}` as PeerId, [bytes])
      return taken.length === 0
    }),
    { numRuns: 10_000 },
  )
  expect(board.size().beacons).toBe(0)
  expect(board.size().lines).toBeLessThanOrEqual(256)
  // One line costs 16 bad signatures a period, and is then not listened to.
  for (let at = 0; at < 10_000; at++) board.take(line, [encodeBeacon({ ...unsigned, time: NOW - at }, new Uint8Array(64))])
  board.take(line, [good])
  expect(taken).toEqual([])
})

test('[BEA2] people who name each other without end take bounded memory', () => {
  const names = Array.from({ length: 3_000 }, (_, at) => peerIdOf(Uint8Array.from({ length: 32 }, (_each, place) => (at >> place) & 1)))
  const { board } = openBoard()
  for (const name of names) board.noteWanted(name, names)
  expect(board.size().lines).toBe(256)
})
