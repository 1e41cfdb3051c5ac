import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import type { PeerId } from '../../core/ids.ts'
import { createIdleLines, nearestFirst } from './idle-lines.ts'

const MINUTE_MS = 60_000
const NEIGHBOURS = 12
const [self = '' as PeerId, ...others] = Array.from({ length: 41 }, (_, at) => peerIdOf(new Uint8Array(32).fill(at + 1)))

test('[USE3] unused connections end but for the neighbours: those with whom most groups are shared', async () => {
  const clock = createVirtualClock()
  const closing = new AbortController()
  const open = new Set(others)
  const [friend, busy, hop] = [others[0], others[1], others[2]]
  const idle = createIdleLines({
    self,
    neighbours: NEIGHBOURS,
    clock,
    lines: () => [...open],
    hops: () => (hop === undefined ? [] : [hop]),
    groupsWith: (peer) => (peer === friend ? 1 : 0),
    partners: () => [],
    dial: async () => undefined,
    draw: () => 0,
    usedAt: (peer) => (peer === busy ? clock.ran() : 0),
    rest: async (peer) => void open.delete(peer),
  })
  const over = idle.run(closing.signal).catch(() => undefined)
  await clock.advance(4 * MINUTE_MS)
  expect(open.size).toBe(others.length)
  await clock.advance(60 * MINUTE_MS)
  closing.abort()
  await over
  expect([open.size - NEIGHBOURS <= 1, open.size >= NEIGHBOURS]).toEqual([true, true])
  expect([friend, busy, hop].every((peer) => peer !== undefined && open.has(peer))).toBe(true)
})

test('[USE3] every hour one of the neighbours makes room for somebody else who shares groups and is not connected', async () => {
  const clock = createVirtualClock()
  const closing = new AbortController()
  const open = new Set(others.slice(0, NEIGHBOURS))
  const dialled: PeerId[] = []
  const idle = createIdleLines({
    self,
    neighbours: NEIGHBOURS,
    clock,
    lines: () => [...open],
    hops: () => [],
    groupsWith: (peer) => (others.indexOf(peer) < NEIGHBOURS - 1 ? 9 : others.indexOf(peer) < 20 ? 1 : 0),
    partners: () => others.slice(0, 20),
    async dial(peer) {
      dialled.push(peer)
      open.add(peer)
      idle.look()
    },
    draw: () => 0,
    usedAt: () => 0,
    rest: async (peer) => void open.delete(peer),
  })
  const over = idle.run(closing.signal).catch(() => undefined)
  for (let hour = 1; hour <= 4; hour++) {
    await clock.advance(64 * MINUTE_MS)
    const guest = dialled.at(-1)
    expect([dialled.length, open.size, guest !== undefined && open.has(guest)]).toEqual([hour, NEIGHBOURS, true])
    expect(others.slice(0, NEIGHBOURS - 1).every((peer) => open.has(peer))).toBe(true)
  }
  closing.abort()
  await over
  expect(dialled.every((peer) => others.indexOf(peer) < 20)).toBe(true)
})

test('[USE3] both ends of a connection draw the same lot for it', () => {
  const groupsWith = (): number => 0
  // The peer that comes first for `self` among two has the greater lot at its own end as well, beside a third whom both know.
  for (const other of others.slice(0, 10)) {
    for (const third of others.slice(10, 20)) {
      const [first] = nearestFirst(self, [other, third], groupsWith)
      const [firstForOther] = nearestFirst(other, [self, third], groupsWith)
      const [firstForThird] = nearestFirst(third, [self, other], groupsWith)
      const wins = [first === other, firstForOther === self, firstForThird === self]
      // Of the three connections one is the greatest: its two ends put it first.
      expect([
        [true, false, true],
        [false, true, false],
      ]).not.toContainEqual(wins)
    }
  }
})
