import { describe, expect, it } from 'vitest'
import { hex } from '../bytes.ts'
import { brandBytes, type SegmentId } from '../ids.ts'
import { peerIdOf } from '../peer-id.ts'
import vectors from '../vectors/repair.json'
import { epochAt, heed, heedEnd, isLeftToOthers, isStalled, rankKey, rankOf, repairDelayMs } from './election.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const person = (number: number) => peerIdOf(new Uint8Array(32).fill(number))
const [ada, bob, cy] = [person(1), person(2), person(3)]
const segment = (fill: number) => brandBytes<SegmentId>(new Uint8Array(32).fill(fill))

describe('who repairs', () => {
  it.each(vectors.ranks)('[RPR3] the key of $peer in epoch $epoch', ({ epoch, segmentFill, peer, key }) => {
    expect(hex(rankKey(epoch, segment(segmentFill), person(peer)))).toBe(key)
  })

  it('[RPR3] everybody gives everybody the same rank, and another one in other epochs', () => {
    const people = Array.from({ length: 8 }, (_, number) => person(number + 1))
    const ranks = (epoch: number) => people.map((peer) => rankOf(peer, people, epoch, segment(1)))
    expect(ranks(5).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(ranks(5)).toEqual(people.map((peer) => rankOf(peer, people.toReversed(), 5, segment(1))))
    expect(ranks(6)).not.toEqual(ranks(5))
    const first = Array.from({ length: 400 }, (_, epoch) => ranks(epoch).indexOf(0))
    for (const person_ of people.keys()) expect(first.filter((at) => at === person_).length).toBeGreaterThan(20)
  })

  it('[RPR3] an epoch is a scan long', () => {
    expect([epochAt(0, 6 * HOUR), epochAt(6 * HOUR - 1, 6 * HOUR), epochAt(6 * HOUR, 6 * HOUR)]).toEqual([0, 0, 1])
  })

  it('[RPR4] each rank waits longer than the one before, and nobody when it is urgent', () => {
    expect([repairDelayMs(0, 0.5, 10, false), repairDelayMs(1, 0, 10, false), repairDelayMs(3, 0.5, 10, true)]).toEqual([5, 10, 0])
  })

  it('[RPR5] a claim of repair is heeded for claimMs at most, unless it is urgent', () => {
    const heeded = heed(undefined, { peer: ada, until: 99 * HOUR }, 1, 0, HOUR)
    expect([isLeftToOthers(heeded, HOUR - 1, false), isLeftToOthers(heeded, HOUR, false)]).toEqual([true, false])
    expect(isLeftToOthers(heeded, 1, true)).toBe(false)
    expect(isLeftToOthers(undefined, 1, false)).toBe(false)
  })

  it('[RPR5] each person delays others once in an epoch', () => {
    const first = heed(undefined, { peer: ada, until: HOUR }, 1, 0, HOUR)
    const again = heed(first, { peer: ada, until: 2 * HOUR }, 1, HOUR, HOUR)
    expect(again.until).toBe(HOUR)
    expect(heed(again, { peer: ada, until: 2 * HOUR }, 2, HOUR, HOUR).until).toBe(2 * HOUR)
  })

  it('[RPR5] all of them together delay a segment by two claims of repair', () => {
    let heeded = heed(undefined, { peer: ada, until: HOUR }, 1, 0, HOUR)
    for (let number = 2; number < 200; number++) {
      const now = Math.max(heeded.until - 1, 0)
      heeded = heed(heeded, { peer: person(number), until: now + HOUR }, Math.floor(number / 5), now, HOUR)
      expect(heeded.until).toBeLessThanOrEqual(2 * HOUR)
    }
    expect(isLeftToOthers(heeded, 2 * HOUR, false)).toBe(false)
  })

  it('[RPR5] a flood of names stays small', () => {
    let heeded = heed(undefined, { peer: ada, until: HOUR }, 1, 0, HOUR)
    for (let number = 0; number < 2_000; number++) {
      const peer = peerIdOf(new Uint8Array(32).map((_, at) => (at < 2 ? number >> (8 * at) : 9)))
      heeded = heed(heeded, { peer, until: HOUR }, 1, 0, HOUR)
    }
    expect(heeded.heard.length).toBe(256)
  })

  it('[RPR5] who is done or gives up is not waited for, and a shorter wait ends no longer one', () => {
    const both = heed(heed(undefined, { peer: ada, until: HOUR }, 1, 0, HOUR), { peer: bob, until: 10 }, 1, 0, HOUR)
    expect([both.peer, both.until]).toEqual([ada, HOUR])
    expect(heedEnd(both, bob, 5)).toBe(both)
    expect(heedEnd(both, cy, 5)).toBe(both)
    expect(isLeftToOthers(heedEnd(both, ada, 5), 5, false)).toBe(false)
  })

  it('[RPR6] nothing placed for claimMs: given up', () => {
    expect([isStalled(0, HOUR - 1, HOUR), isStalled(0, HOUR, HOUR)]).toEqual([false, true])
  })
})
