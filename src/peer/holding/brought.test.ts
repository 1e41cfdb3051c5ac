import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import type { PeerId } from '../../core/ids.ts'
import { createBrought } from './brought.ts'

const HOUR = 3_600_000
const peer = (at: number) => `peer ${at}` as PeerId

test('[REP7] a piece counts once, from when it was last begun, for its guardian and for all, and is forgotten after 24 hours', async () => {
  const clock = createVirtualClock()
  const brought = createBrought(clock)
  brought.note(peer(1), 'film/1', 100)
  await clock.advance(10 * HOUR)
  brought.note(peer(2), 'film/1', 30)
  brought.note(peer(1), 'film/2', 5)
  expect([brought.of(peer(1)), brought.of(peer(2)), brought.all()]).toEqual([105, 30, 135])
  await clock.advance(10 * HOUR)
  brought.note(peer(1), 'film/1', 100)
  expect([brought.of(peer(1)), brought.ofPiece(peer(1), 'film/1').own, brought.all()]).toEqual([105, 100, 135])
  await clock.advance(14 * HOUR)
  expect([brought.of(peer(1)), brought.of(peer(2)), brought.all()]).toEqual([100, 0, 100])
  await clock.advance(10 * HOUR)
  expect([brought.of(peer(1)), brought.ofPiece(peer(1), 'film/1').own, brought.all()]).toEqual([0, 0, 0])
})

test('[REP7] what was begun and is gone counts for its guardian alone, and for all again once it goes on', () => {
  const brought = createBrought(createVirtualClock())
  const sums = () => [brought.of(peer(1)), brought.all(), brought.ofPiece(peer(1), 'film/1').own, brought.ofPiece(peer(1), 'film/1').all]
  brought.note(peer(1), 'film/1', 100)
  brought.noteGone(peer(1), 'film/1')
  brought.noteGone(peer(1), 'film/1')
  expect(sums()).toEqual([100, 0, 100, 0])
  brought.note(peer(1), 'film/1', 100)
  expect(sums()).toEqual([100, 100, 100, 100])
})

test('[REP7] the running sums say what adding up all pieces says, however many are noted', async () => {
  const clock = createVirtualClock()
  const brought = createBrought(clock)
  const draws = createSeededRandom('pieces').bytes(6_000)
  const noted: { readonly guardian: number; readonly name: string; readonly bytes: number; readonly at: number }[] = []
  for (let at = 0; at < draws.length; at += 3) {
    const [who = 0, which = 0, bytes = 0] = draws.subarray(at)
    await clock.advance(HOUR / 10)
    const piece = { guardian: who % 5, name: `film/${which % 40}`, bytes: bytes + 1, at: clock.ran() }
    brought.note(peer(piece.guardian), piece.name, piece.bytes)
    noted.push(piece)
  }
  const newest = new Map(noted.map((piece) => [`${piece.guardian} ${piece.name}`, piece]))
  const left = [...newest.values()].filter(({ at }) => at > clock.ran() - 24 * HOUR)
  const sum = (some: typeof left): number => some.reduce((total, { bytes }) => total + bytes, 0)
  expect(brought.all()).toBe(sum(left))
  for (let who = 0; who < 5; who++) expect(brought.of(peer(who))).toBe(sum(left.filter(({ guardian }) => guardian === who)))
})

test('[REP7] of pieces without end the newest 65,536 count', () => {
  const brought = createBrought(createVirtualClock())
  for (let at = 0; at < 70_000; at++) brought.note(peer(at % 3_000), `film/${at}`, 1)
  expect(brought.all()).toBe(65_536)
})
